"""JWT SSO for a Bettermode community, in Flask: pip install flask pyjwt"""
import os
import time
from urllib.parse import quote

import jwt
from flask import Flask, Response, request, session
from return_path import return_path

SSO_KEY, COMMUNITY = os.environ["SSO_KEY"], os.environ["COMMUNITY"]  # https://community.example.com
SAFE = {"Cache-Control": "no-store"}

# Yours: the members, and how they sign in.
MEMBERS = {
    "user-7": {"name": "Ada Lovelace", "email": "ada@example.com", "email_verified": True},
    "user-8": {"name": "Eve", "email": "eve@example.com", "email_verified": False},
}
PASSWORDS = {("ada@example.com", "demo"): "user-7", ("eve@example.com", "demo"): "user-8"}
FORM = '<form method=post><input name=email><input name=password type=password><button>Sign in</button></form>'

app = Flask(__name__)
app.config.update(SECRET_KEY=os.environ["SESSION_SECRET"], SESSION_COOKIE_SAMESITE="Lax", SESSION_COOKIE_SECURE=True)


@app.get("/community/login")  # the Authorization URL and the Sign Up URL
def login():
    h = request.headers  # a token is for a person who navigates: not for HEAD, a prefetch or a script
    is_script = h.get("Sec-Fetch-Mode", "navigate") != "navigate"
    if request.method != "GET" or is_script or "Sec-Purpose" in h or "Purpose" in h:
        return "Open this page in your browser.", 403, SAFE
    back = return_path(request.args.get("referrer_uri"))
    id, now = session.get("member"), int(time.time())
    if id not in MEMBERS:
        session["back"] = back
        return Response(status=303, headers={**SAFE, "Location": "/sign-in"})
    m = MEMBERS[id]
    if not m["email_verified"]:
        return "Confirm your email address first.", 403, SAFE
    claims = {"sub": id, "name": m["name"], "email": m["email"], "iat": now, "exp": now + 60}
    token = jwt.encode(claims, SSO_KEY, algorithm="HS256")
    url = f"{COMMUNITY}/api/auth/sso?jwt={token}&redirect_uri={quote(back, safe='')}"
    # redirect() has a body.
    return Response(status=303, headers={**SAFE, "Location": url, "Referrer-Policy": "no-referrer"})


@app.route("/sign-in", methods=["GET", "POST"])
def sign_in():
    id = PASSWORDS.get((request.form.get("email"), request.form.get("password")))
    if not id:
        return FORM, SAFE
    session["member"] = id
    back = quote(session.pop("back", "/"), safe="")
    return Response(status=303, headers={**SAFE, "Location": f"/community/login?referrer_uri={back}"})


@app.get("/logout")  # the Logout URL
def logout():
    session.clear()
    return Response(status=303, headers={**SAFE, "Location": "/"})
