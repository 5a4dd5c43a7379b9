"""In a process that a test starts: count no calls there, for mutmut's settings are not in its folder.

A mutant that is being tried stays as it is.
"""

import os

if os.environ.get("MUTANT_UNDER_TEST") in {"stats", "fail"}:
    os.environ["MUTANT_UNDER_TEST"] = ""
