"""The return path's rule: what may go into redirect_uri. Vectors: ssotoken/vectors/returnpaths.json."""
import re
import unicodedata
from urllib.parse import unquote_to_bytes

CONTROL = r"[\x00-\x1f\x7f-\x9f]"
# What leads elsewhere: a backslash or control character; %uXXXX; an empty first segment; a dot segment; an
# endpoint of the community, such as /api or /logout.
AWAY = re.compile("|".join([
    r"\\", CONTROL, r"%U[0-9A-F]{4}", r"^/\s*([;?#][^/]*)?/", r"/\s*\.\.?\s*([;?#/]|$)",
    r"^/\s*(API|AUTH|SSOS|LOG-?(IN|OUT)|SIGN-?(IN|OUT|UP))\s*([./;?#]|$)"]))
LOOK_ALIKES = str.maketrans("\u2044\u2215\u2571\u27cb\u29f8\u2216\u29f5\u29f9\u3002", "/////\\\\\\.")


def fold(text):
    """Writes text as a server reads it that ignores case, marks, invisible characters and look-alikes."""
    text = unicodedata.normalize("NFKD", text)
    seen = (c for c in text if unicodedata.category(c) not in ("Mn", "Mc", "Me", "Cf") and c not in "\u115f\u1160")
    return "".join(seen).lower().upper().translate(LOOK_ALIKES)


def return_path(value):
    """Returns value if every reader takes it for a page of the community, else "/". A good value is never changed."""
    is_path = isinstance(value, str) and value.startswith("/") and len(value.encode(errors="replace")) <= 2000
    if not is_path or re.search(CONTROL, value):
        return "/"
    path = fold(re.split("[?#]", value)[0])
    for _ in range(7):  # a page is encoded once, or a few times by mistake
        if AWAY.search(path):
            return "/"
        try:
            decoded = unquote_to_bytes(path).decode()
        except UnicodeError:
            return "/"
        if decoded == path:
            return value
        path = fold(decoded)
    return "/"
