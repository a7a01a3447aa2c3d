"""Random surrogates: what names a record or a person outside the few places where its own key may stand.

DuckDB holds texts of up to 12 bytes in place; longer ones lie elsewhere, and are fetched, compared and copied one by
one. Surrogates are joined, grouped and stored by tens of millions, so they have 12 letters and digits. These are 71
random bits: among a hundred million records two get the same with a chance of one in 400,000. Case counts.
"""

from __future__ import annotations

# 18 hexadecimal digits of a UUID (RFC 9562, version 4) that are random, as base64 without its two signs.
SURROGATE = (
    "translate(left(to_base64(unhex(right(CAST(gen_random_uuid() AS VARCHAR), 12) "
    "|| left(CAST(gen_random_uuid() AS VARCHAR), 8))), 12), '+/', '09')"
)
