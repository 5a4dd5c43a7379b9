"""Runs in the venv of the `kt2` client: creates tasks one after the other, as its users do.

python kt2_writing.py CONFIG: a JSON file with `fhir_url`, `token_url`, `client_id`, `kid`,
`private_key`, `public_key`, `seconds` and `tasks`. The last line of what it prints is JSON.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import time
from pathlib import Path
from typing import Any


async def create(given: dict[str, Any]) -> dict[str, Any]:
    """Create tasks until the time is over, or there are no more."""
    sdk, models, settings = (
        importlib.import_module(f"kt2.{name}") for name in ("client", "models", "settings")
    )
    keys = settings.JWKSKeyPair(
        private_key_path=given["private_key"], public_key_path=given["public_key"], kid=given["kid"]
    )
    client = sdk.KoppeltaalSDK(
        client_name="bench",
        fhir_url=given["fhir_url"],
        oauth_token_url=given["token_url"],
        oauth_authorize_url="",
        jwks_url="",
        jwks_kid="",
        domain="BENCH",
        client_id=given["client_id"],
        smart_config_url="",
        jwks_keys=keys,
    )
    ids, began = [], time.perf_counter()
    for task in given["tasks"]:
        answer = await client.create_task(models.KT2Task(**task))
        ids.append(answer.id if answer is not None else "")
        if time.perf_counter() - began > given["seconds"]:
            break
    return {"ids": ids, "seconds": time.perf_counter() - began}


print(json.dumps(asyncio.run(create(json.loads(Path(sys.argv[1]).read_text("utf-8"))))))
