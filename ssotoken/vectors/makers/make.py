"""Runs the makers, and prints vectors.json of what they made and of rfc.json:

    /usr/bin/python3 make.py > ../vectors.json
"""

import base64
import json
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
COMMANDS = {"jsonwebtoken": ["node", "jsonwebtoken.js"], "pyjwt": ["/usr/bin/python3", "pyjwt.py"], "ruby-jwt": ["/usr/bin/ruby", "ruby-jwt.rb"]}

made = {maker: json.loads(subprocess.run(command, cwd=HERE, stdout=subprocess.PIPE, check=True).stdout) for maker, command in COMMANDS.items()}
members, tokens, rfc = (json.loads((HERE / name).read_text("utf-8")) for name in ("members.json", "tokens.json", "rfc.json"))
vectors = {}


def add(maker, name, title, **rest):
    """Adds a vector, or its maker and title to the one that is the same otherwise."""
    rest = {field: value for field, value in rest.items() if value}
    vector = vectors.get(json.dumps(rest))
    if not vector:
        if name in [v["name"] for v in vectors.values()]:
            name += "-" + maker
        vector = vectors[json.dumps(rest)] = {"name": name, "title": title, "also": [], "makers": []} | rest
    if maker not in vector["makers"]:
        vector["makers"].append(maker)
    if title != vector["title"]:
        vector["also"].append(f"{maker}: {title}")


def mint(maker, row, differs):
    token = made[maker]["mint"][row["name"]]
    payload = token.split(".")[1]
    add(
        maker, "mint-" + row["name"], row["title"], kind="mint", expect="same claims" if differs else "same bytes", differs=differs,
        **{field: row.get(field, members.get(field)) for field in ("key", "now", "lifetime", "member")},
        claims=json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))), token=token,
    )


def judge(maker, row, token):
    refused = row.get("refusedFor")
    add(
        maker, "judge-" + row["name"], row["title"], kind="judge", expect="refused" if refused else "accepted",
        refusedFor=refused, warnedOf=row.get("warnedOf"), key=tokens["key"], now=tokens["now"],
        stored=None if refused else tokens["member"] | (row.get("member") or {}), token=token,
    )


for row in members["members"]:
    differs = row.get("differs", {})
    for maker in sorted(made, key=lambda maker: maker in differs):
        mint(maker, row, differs.get(maker))
for row in tokens["tokens"]:
    for maker in made:
        if row["name"] in made[maker]["judge"]:
            judge(maker, row, made[maker]["judge"][row["name"]])
for maker in made:
    for row in made[maker]["own"]:
        judge(maker, row, row["token"])

out = [{field: value for field, value in vector.items() if value} for vector in vectors.values()] + rfc
print(json.dumps({"makers": {maker: made[maker]["version"] for maker in made}, "vectors": out}, indent=1))
