// The return path's rule: what may go into redirect_uri. Vectors: ssotoken/vectors/returnpaths.json.

// What leads elsewhere: a backslash or control character; %uXXXX; an empty first segment; a dot segment; an
// endpoint of the community, such as /api or /logout.
const AWAY = new RegExp([
  String.raw`[\\\p{Cc}]`, "%U[0-9A-F]{4}", String.raw`^/\s*([;?#][^/]*)?/`,
  String.raw`/\s*\.\.?\s*([;?#/]|$)`,
  String.raw`^/\s*(API|AUTH|SSOS|LOG-?(IN|OUT)|SIGN-?(IN|OUT|UP))\s*([./;?#]|$)`].join("|"), "u");

// fold writes text as a server reads it that ignores case, marks, invisible characters and look-alikes.
const fold = (text) => text.normalize("NFKD").replace(/[\p{M}\p{Cf}\u115f\u1160]/gu, "").toLowerCase().toUpperCase()
  .replace(/[\u2044\u2215\u2571\u27cb\u29f8]/g, "/").replace(/[\u2216\u29f5\u29f9]/g, "\\").replace(/\u3002/g, ".");

// returnPath returns value if every reader takes it for a page of the community, and "/" otherwise. A good value is
// never changed.
exports.returnPath = (value) => {
  const isPath = typeof value === "string" && value[0] === "/" && Buffer.byteLength(value) <= 2000;
  if (!isPath || /\p{Cc}/u.test(value)) return "/";
  let path = fold(value.split(/[?#]/)[0]);
  for (let decodings = 0; decodings <= 6; decodings++) { // a page is encoded once, or a few times by mistake
    if (AWAY.test(path)) return "/";
    let decoded;
    try {
      decoded = path.replace(/(%[0-9A-F]{2})+/gi, decodeURIComponent);
    } catch {
      return "/"; // not UTF-8
    }
    if (decoded === path) return value;
    path = fold(decoded);
  }
  return "/";
};
