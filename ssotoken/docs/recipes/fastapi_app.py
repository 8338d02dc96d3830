"""JWT SSO for a Bettermode community, in FastAPI: pip install fastapi uvicorn pyjwt itsdangerous python-multipart"""
import os
import time
from urllib.parse import quote

import jwt
from fastapi import FastAPI, Form, Request, Response
from fastapi.responses import HTMLResponse
from return_path import return_path
from starlette.middleware.sessions import SessionMiddleware

SSO_KEY, COMMUNITY = os.environ["SSO_KEY"], os.environ["COMMUNITY"]  # https://community.example.com
SAFE = {"Cache-Control": "no-store"}

# Yours: the members, and how they sign in.
MEMBERS = {
    "user-7": {"name": "Ada Lovelace", "email": "ada@example.com", "email_verified": True},
    "user-8": {"name": "Eve", "email": "eve@example.com", "email_verified": False},
}
PASSWORDS = {("ada@example.com", "demo"): "user-7", ("eve@example.com", "demo"): "user-8"}
FORM = '<form method=post><input name=email><input name=password type=password><button>Sign in</button></form>'

app = FastAPI()
app.add_middleware(SessionMiddleware, secret_key=os.environ["SESSION_SECRET"], same_site="lax", https_only=True)


@app.get("/community/login")  # the Authorization URL and the Sign Up URL; FastAPI answers HEAD by 405
def login(request: Request):
    h = request.headers  # a token is for a person who navigates: not for a prefetch or a script
    if h.get("Sec-Fetch-Mode", "navigate") != "navigate" or "Sec-Purpose" in h or "Purpose" in h:
        return HTMLResponse("Open this page in your browser.", 403, SAFE)
    back = return_path(request.query_params.get("referrer_uri"))
    id, now = request.session.get("member"), int(time.time())
    if id not in MEMBERS:
        request.session["back"] = back
        return Response(status_code=303, headers={**SAFE, "Location": "/sign-in"})
    m = MEMBERS[id]
    if not m["email_verified"]:
        return HTMLResponse("Confirm your email address first.", 403, SAFE)
    claims = {"sub": id, "name": m["name"], "email": m["email"], "iat": now, "exp": now + 60}
    token = jwt.encode(claims, SSO_KEY, algorithm="HS256")
    url = f"{COMMUNITY}/api/auth/sso?jwt={token}&redirect_uri={quote(back, safe='')}"
    return Response(status_code=303, headers={**SAFE, "Location": url, "Referrer-Policy": "no-referrer"})


@app.api_route("/sign-in", methods=["GET", "POST"])
def sign_in(request: Request, email: str = Form(""), password: str = Form("")):
    id = PASSWORDS.get((email, password))
    if not id:
        return HTMLResponse(FORM, headers=SAFE)
    request.session["member"] = id
    back = quote(request.session.pop("back", "/"), safe="")
    return Response(status_code=303, headers={**SAFE, "Location": f"/community/login?referrer_uri={back}"})


@app.get("/logout")  # the Logout URL
def logout(request: Request):
    request.session.clear()
    return Response(status_code=303, headers={**SAFE, "Location": "/"})
