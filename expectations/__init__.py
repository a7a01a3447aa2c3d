"""Contracts held against the extracts with Great Expectations. Reports to nobody: see the settings below."""

import logging
import os

# Great Expectations reads this when it is imported: nothing is reported to anybody.
os.environ["GX_ANALYTICS_ENABLED"] = "false"
# It logs many lines at level info, some of them while it is imported.
logging.getLogger("great_expectations").setLevel(logging.WARNING)
