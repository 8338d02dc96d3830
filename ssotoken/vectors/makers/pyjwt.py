"""Prints the tokens of PyJWT, Debian's python3-jwt, for make.py."""

import base64
import json
from datetime import datetime, timezone
from pathlib import Path

import jwt
from jwt.algorithms import HMACAlgorithm

MAKER = "pyjwt"
HERE = Path(__file__).resolve().parent
made = {"version": jwt.__version__, "mint": {}, "judge": {}, "own": []}


class UTF8(json.JSONEncoder):
    """Writes characters as they are; PyJWT has \\u escapes otherwise."""

    def __init__(self, **options):
        super().__init__(**{**options, "ensure_ascii": False})


def claims(member, now, lifetime):
    """The claims of a member, in the order that the SDK has."""
    out = {"sub": member["subject"], "name": member["name"], "email": member["email"]}
    if member.get("tagline", "").strip():
        out["tagline"] = member["tagline"]
    if member.get("picture"):
        out["picture"] = member["picture"]
    plan = member.get("spaces", {})
    if plan.get("ids"):
        out |= {"spaceIds": plan["ids"], "spacesOperation": plan["operation"]}
    if plan.get("changes"):
        out["spaces"] = [
            {"spaceId": c.get("join") or c["leave"], "role": "MEMBER", "action": "JOIN" if "join" in c else "LEAVE"}
            for c in plan["changes"]
        ]
    custom = sorted(member.get("custom", []), key=lambda field: field["key"].encode())
    return out | members(custom) | {"iat": now, "exp": now + lifetime}


def members(fields):
    out = {field["key"]: convert(field["type"], field["value"], field.get("of")) for field in fields}
    return {key: value for key, value in out.items() if value not in ("", [], {})}


def convert(kind, value, of=None):
    match kind:
        case "date":
            return value[:10]
        case "datetime":
            text = datetime.fromisoformat(value).astimezone(timezone.utc).isoformat().removesuffix("+00:00")
            return (text.rstrip("0") if "." in text else text) + "Z"
        case "array":
            return [convert(of, element) for element in value]
        case "object":
            return members(value)
    return value


cases = json.loads((HERE / "members.json").read_text("utf-8"))
for row in cases["members"]:
    key, now, lifetime = (row.get(name, cases[name]) for name in ("key", "now", "lifetime"))
    made["mint"][row["name"]] = jwt.encode(claims(row["member"], now, lifetime), key, algorithm="HS256", json_encoder=UTF8)

tokens = json.loads((HERE / "tokens.json").read_text("utf-8"))
key, now = tokens["key"], tokens["now"]

for row in tokens["tokens"]:
    if MAKER not in row.get("makers", [MAKER]):
        continue
    payload = row.get("claims", tokens["claims"] | row.get("with", {}))
    payload = {name: value for name, value in payload.items() if name not in row.get("without", [])}
    algorithm, secret = row.get("alg", "HS256"), row.get("signWith", key)
    if algorithm == "none":
        secret = None
    if "payload" in row:
        token = jwt.api_jws.encode(row["payload"].encode(), secret, algorithm, row.get("header"))
    else:
        token = jwt.encode(payload, secret, algorithm, row.get("header"))
    made["judge"][row["name"]] = token

# What a site can do with this library and Python's own values.
who = {"sub": "u-7", "name": "Ada Lovelace", "email": "ada@example.com"}
times = {"iat": now, "exp": now + 60}
plain = who | times


def clock(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)


def sign(payload, **options):
    return jwt.encode(payload, key, **{"algorithm": "HS256", **options})


def judge(name, title, token, refusedFor=None, warnedOf=None, member=None):
    made["own"].append({"name": name, "title": title, "refusedFor": refusedFor, "warnedOf": warnedOf, "member": member, "token": token})


judge("datetime", "Times as datetime objects", sign(who | {"iat": clock(now), "exp": clock(now + 60)}))
judge("time-float", "Times from time.time(), not rounded", sign(who | {"iat": now + 0.5, "exp": now + 60.5}), ["iat-not-integer", "exp-not-integer"])
judge("time-float-whole", "Whole times as float", sign(who | {"iat": float(now), "exp": now + 60.0}), ["iat-not-integer", "exp-not-integer"])
judge("escapes", "Names in \\u escapes, as Python writes them", sign(plain | {"name": "José 😀"}), member={"name": "José 😀"})
judge("surrogate", "Half an emoji, as surrogateescape leaves it", sign(plain | {"name": "Ada \ud83d"}), ["unpaired-surrogate"])
judge("nan", "NaN, which is no JSON", sign(plain | {"ratio": float("nan")}), ["payload-json"])
judge("infinity", "Infinity, which is no JSON", sign(plain | {"ratio": float("inf")}), ["payload-json"])
judge("key-decoded", "The key decoded as base64", jwt.encode(plain, base64.b64decode("Zr4u7xADGKaPdSgVkYp3s6v9yB==", validate=False)), ["signature-wrong"])
judge("typ-none", "A header without typ", sign(plain, headers={"typ": None}))
judge("header-cty", "A content type in the header", sign(plain, headers={"cty": "JWT"}), warnedOf=["header-unknown"])
judge("list", "A list of claims", jwt.api_jws.encode(json.dumps([plain]).encode(), key), ["payload-json"])
judge("text", "A payload that is no JSON", jwt.api_jws.encode(b"u-7", key), ["payload-json"])
judge("empty", "An empty payload", jwt.api_jws.encode(b"", key), ["payload-json"])
judge("not-utf8", "A payload in Latin-1", jwt.api_jws.encode(json.dumps(plain | {"name": "Zoë"}, ensure_ascii=False).encode("latin-1"), key), ["payload-json"])
judge(
    "detached", "A detached payload (RFC 7797)", jwt.api_jws.encode(json.dumps(plain).encode(), key, is_payload_detached=True),
    ["signature-wrong", "payload-json"], ["header-unknown"],
)
jwt.register_algorithm("hs256", HMACAlgorithm(HMACAlgorithm.SHA256))
judge("alg-small", "alg hs256", sign(plain, algorithm="hs256"), ["alg-not-hs256"])
jwt.register_algorithm("HS256/64", HMACAlgorithm(HMACAlgorithm.SHA256))
judge("alg-longer", "alg HS256/64", sign(plain, algorithm="HS256/64"), ["alg-not-hs256"])

print(json.dumps(made))
