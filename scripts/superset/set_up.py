"""Run by Superset's own Python: its database, its users, and a bundle put in. All of it may be run again.

    set_up.py BUNDLE.zip ACCOUNTS.json

ACCOUNTS.json is a list of {"name", "password", "is_admin", "called"}. A user who is no administrator may look at what
stands on the bundle's connection, and build charts of it; SQL Lab is for none of them.
"""

import json
import sys
from pathlib import Path
from zipfile import ZipFile

import yaml
from flask_migrate import upgrade
from superset.app import create_app

READERS = "四级库读者 Sijiku readers"


def main(bundle: Path, accounts: Path) -> None:
    """Bring Superset's database up, make the users, import the bundle as its first administrator."""
    app = create_app()
    with app.app_context():
        import superset

        upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
        app.appbuilder.add_permissions(update_perms=True)
        app.appbuilder.sm.sync_role_definitions()
        people = json.loads(accounts.read_text(encoding="utf-8"))
        for person in people:
            _user(app.appbuilder.sm, person)
        administrator = next(person["name"] for person in people if person["is_admin"])
        _import(bundle, administrator)
        _let_read(app.appbuilder.sm, bundle)


def _user(manager, person: dict) -> None:
    roles = [manager.find_role("Admin")]
    if not person["is_admin"]:
        roles = [manager.find_role("Gamma"), manager.find_role(READERS) or manager.add_role(READERS)]
    if manager.find_user(username=person["name"]) is None:
        made = manager.add_user(
            person["name"], person["called"], "四级库", f"{person['name']}@localhost", roles, person["password"]
        )
        if not made:
            raise SystemExit(f"user {person['name']} was not made")


def _import(bundle: Path, administrator: str) -> None:
    from flask import g
    from superset.commands.importers.v1.assets import ImportAssetsCommand
    from superset.commands.importers.v1.utils import get_contents_from_bundle
    from superset.extensions import security_manager

    with ZipFile(bundle) as archive:
        contents = get_contents_from_bundle(archive)
    # every dataset, not only those that the dashboards stand on
    contents["metadata.yaml"] = contents["metadata.yaml"].replace("type: Dashboard", "type: assets")
    g.user = security_manager.find_user(username=administrator)
    ImportAssetsCommand(contents).run()


def _let_read(manager, bundle: Path) -> None:
    from superset.extensions import db
    from superset.models.core import Database

    with ZipFile(bundle) as archive:
        uuid = yaml.safe_load(archive.read("sijiku/databases/sijiku.yaml"))["uuid"]
    database = db.session.query(Database).filter_by(uuid=uuid).one()
    permission = manager.add_permission_view_menu("database_access", database.perm)
    manager.add_permission_role(manager.find_role(READERS), permission)
    db.session.commit()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
