"""Logs in as a visitor does: python3 -m pytest test_login.py"""
import json, os, subprocess, threading
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

import pytest
from werkzeug.serving import make_server


def ask(path, body=None, method="POST"):  # the fake community's JSON
    data, method = (None, "GET") if body is None else (json.dumps(body).encode(), method)
    url, headers = os.environ["COMMUNITY"] + "/_fake/" + path, {"Content-Type": "application/json"}
    return json.load(urlopen(Request(url, data, headers, method=method)))


@pytest.fixture(scope="module", autouse=True)
def site():
    os.environ["BETTERMODE_SSO_KEY"] = os.environ["SSO_KEY"] = "a-key-of-32-or-more-characters-for-tests"
    program = subprocess.Popen(["ssotoken", "community", "--listen", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE)
    os.environ.update(COMMUNITY=json.loads(program.stdout.readline())["url"], SESSION_SECRET="s" * 64)
    from flask_app import app  # yours
    server = make_server("127.0.0.1", 0, app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    ask("settings", {"authorizationUrl": f"http://127.0.0.1:{server.port}/community/login"}, "PATCH")
    yield
    program.terminate()


@pytest.mark.parametrize("path, body, codes", [  # codes: what the community finds in each login
    ("reset", {}, [[]]),
    ("next", {"sendBack": True}, [["refuses-all"], []]),  # who is refused once and sent back gets a new token
    ("clock", {"advance": "90s"}, [["exp-expired"]]),  # a token is over after 90 seconds
])
def test_login(path, body, codes):
    ask("reset", {})
    ask(path, body)
    cookies = CookieJar(DefaultCookiePolicy(secure_protocols=("https", "http")))  # as browsers have it on loopback
    browser = build_opener(HTTPCookieProcessor(cookies))
    sign_in = browser.open(os.environ["COMMUNITY"] + "/auth/login?from=/spaces/news").url
    try:
        browser.open(sign_in, b"email=ada@example.com&password=demo")
    except HTTPError:
        pass  # the community's page of a refused login
    logins = ask("logins")["logins"]
    assert [login["codes"] for login in logins] == codes
    assert logins[-1]["landing"]["redirectUri"] == "/spaces/news"  # the page from which the visitor came
