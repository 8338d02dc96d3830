"""Reads {"key", "now"} and then lines of {"token", "claims"} from standard
input. Verifies each token, and compares all claims."""
import json
import sys

import jwt

lines = sys.stdin.read().strip().split("\n")
key = json.loads(lines[0])["key"]
for i, line in enumerate(lines[1:]):
    want = json.loads(line)
    # PyJWT always uses the system's clock, so the test signs by it.
    got = jwt.decode(want["token"], key, algorithms=["HS256"], options={"require": ["exp", "iat", "sub"]})
    header = jwt.get_unverified_header(want["token"])
    if got != want["claims"] or header != {"alg": "HS256", "typ": "JWT"}:
        sys.exit(f"member {i}: the claims differ")
print(len(lines) - 1)
