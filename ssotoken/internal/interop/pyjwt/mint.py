"""Reads {"key"} and then lines of claims from standard input, and prints a
token for each."""
import json
import sys

import jwt

lines = sys.stdin.buffer.read().decode().strip().split("\n")
key = json.loads(lines[0])["key"]
for line in lines[1:]:
    print(jwt.encode(json.loads(line), key, algorithm="HS256"))
