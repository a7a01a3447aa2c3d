#!/usr/bin/env bash
# The Debian packages that the tests want, listed once: what each is for, how to see whether it is there, its name.
#
#   scripts/install-debian-packages.sh           install what is missing (as root, or through sudo)
#   scripts/install-debian-packages.sh --check   name what is missing and exit 1; nothing is installed
set -euo pipefail

# command, or the path of a file | package | what for
wanted=(
  "java|openjdk-17-jre-headless|Spark's parser, which reads every compiled model"
  "/usr/lib/postgresql/15/bin/postgres|postgresql-15|a database that tests start, read from as a source and publish into"
  "/usr/lib/postgresql/15/lib/pgaudit.so|postgresql-15-pgaudit|reads in that database are logged: who, what, when"
  "chromium|chromium|opens the audit site: searched, filtered, printed, used by keyboard"
  "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc|fonts-noto-cjk|Chinese labels in pictures drawn as PNG"
)

missing=()
for line in "${wanted[@]}"; do
  IFS='|' read -r command package purpose <<<"$line"
  if ! command -v "$command" >/dev/null 2>&1 && ! [ -f "$command" ]; then
    missing+=("$package")
    echo "缺少 missing: $package ($purpose)" >&2
  fi
done

if [ "${#missing[@]}" -eq 0 ]; then
  exit 0
fi
if [ "${1:-}" = "--check" ]; then
  echo "请运行 Install with: scripts/install-debian-packages.sh" >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  as_root=(sudo)
fi

# The tests start a server of their own: for as long as this runs, the package makes and starts none for the system.
clusters=/etc/postgresql-common/createcluster.d
"${as_root[@]}" mkdir -p "$clusters"
echo "create_main_cluster = false" | "${as_root[@]}" tee "$clusters/sijiku.conf" >/dev/null
trap '"${as_root[@]}" rm -f "$clusters/sijiku.conf"' EXIT

"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
