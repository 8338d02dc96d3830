"""Login handlers in Flask: the first two are right, each of the others has the flaw that its name says.

The key is in SSO_KEY, the community's origin in COMMUNITY, its addresses that are no page in ENDPOINTS; the port is
free, and printed.
"""
import os
import re
import secrets
import time
import unicodedata
from urllib.parse import quote, unquote, urljoin, urlsplit

import jwt
from flask import Flask, Response, redirect, request, session
from werkzeug.serving import make_server

KEY, COMMUNITY, ENDPOINTS = os.environ["SSO_KEY"], os.environ["COMMUNITY"], os.environ["ENDPOINTS"].split()
ADA = {"id": "user-7", "name": "Ada Lovelace", "email": "ada@example.com"}
signed_in = set()


def one_slash(value):
    return value if re.fullmatch(r"/(?![/\\])[^\\\x00-\x1f]*", value) else "/"


def segments(value):
    path = re.split(r"[?#]", one_slash(value))[0][1:].split("/")
    ok = all(re.fullmatch(r"(?!\.{1,2}$)([\w.~@-]|%(?!2[35ef]|3[bf]|5c|c[01]|e0%80|e[2f]|[01])[\da-f]{2})*", s, re.I) for s in path) and "" not in path[:-1]
    is_page = unicodedata.normalize("NFKC", value) == value and path[0].lower().split(".")[0] not in ENDPOINTS
    return one_slash(value) if ok and is_page else "/"


def by_urljoin(value):
    try:
        url = urlsplit(urljoin(COMMUNITY, value))
    except ValueError:
        return "/"
    return value if f"{url.scheme}://{url.netloc}" == COMMUNITY else "/"


def claims(user, **more):
    now = int(time.time())
    return {"sub": user["id"], "name": user["name"], "email": user["email"], "iat": now, "exp": now + 60, **more}


def see_other(url):
    return Response(status=303, headers={"Location": url})


RIGHT = {
    "user": lambda: session.get("id") in signed_in,
    "page": lambda: Response('<form method="post"><input name="user"><button>Sign in</button></form>'),
    "after": lambda: request.full_path,
    "cookies": {},
    "back": segments,
    "claims": claims,
    "send": see_other,
    "methods": ["GET"],
    "headers": {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"},
}
HANDLERS = {
    "segments": RIGHT,
    "one-slash": RIGHT | {"back": one_slash},
    "urljoin": RIGHT | {"back": by_urljoin},
    "flask-redirect": RIGHT | {"send": redirect},
    "cacheable": RIGHT | {"headers": {"Referrer-Policy": "no-referrer"}},
    "two-weeks": RIGHT | {"claims": lambda user: claims(user, exp=int(time.time()) + 14 * 86400)},
    "decoded-again": RIGHT | {"back": lambda value: unquote(one_slash(value))},
    "head": RIGHT | {"methods": ["GET", "HEAD"]},
    "unverified-email": RIGHT | {"claims": lambda user: claims(user, email_verified=False)},
    "user-from-header": RIGHT | {"user": lambda: request.headers.get("X-User-Email") == ADA["email"] or session.get("id") in signed_in},
    "json-401": RIGHT | {"page": lambda: Response('{"detail": "Not authenticated"}', status=401, mimetype="application/json")},
    "open-next": RIGHT | {"after": lambda: request.args.get("next", request.full_path)},
    "csrftoken": RIGHT | {"cookies": {"csrftoken": "made-up"}},
    "_xsrf": RIGHT | {"cookies": {"_xsrf": "2|made|up|1"}},
    "misspelled": RIGHT | {"claims": lambda user: claims(user, space_ids=["a1b2c3"])},
    "password-hash": RIGHT | {"claims": lambda user: claims(user, password="$2b$12$" + "abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUVWXYZ01234")},
}

app = Flask(__name__)
app.secret_key = secrets.token_bytes(32)


def route(name, h):
    def login():
        if request.method == "POST":
            session["id"] = secrets.token_hex()
            signed_in.add(session["id"])
            return redirect(h["after"](), 303)
        if not h["user"]():
            answer = h["page"]()
        elif request.method not in h["methods"] or "Sec-Purpose" in request.headers:
            answer = Response(status=403)
        else:
            token = jwt.encode(h["claims"](ADA), KEY, algorithm="HS256")
            answer = h["send"](f"{COMMUNITY}/api/auth/sso?jwt={token}&redirect_uri={quote(h['back'](request.args.get('referrer_uri', '/')), safe='')}")
        answer.headers.update(h["headers"])
        for cookie, value in h["cookies"].items():
            answer.set_cookie(cookie, value, samesite="Lax")
        return answer

    def logout():
        signed_in.discard(session.pop("id", None))
        return redirect("/", 303)

    app.add_url_rule(f"/{name}/login", f"{name} login", login, methods=["GET", "POST"])
    app.add_url_rule(f"/{name}/logout", f"{name} logout", logout)


for name, h in HANDLERS.items():
    route(name, h)
server = make_server("127.0.0.1", 0, app, threaded=True)
print(server.port, flush=True)
server.serve_forever()
