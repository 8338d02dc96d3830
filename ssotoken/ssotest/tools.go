package ssotest

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
	"github.com/bettermode-go/sso/ssotoken/inspect"
)

// A pasted is a token or a login URL from the box, and what the judge says.
type pasted struct {
	Text    string
	Report  *inspect.Report // nil until something was pasted
	Undone  []string        // what was around it, or had been done to it
	Misread string
}

// maxPasted leaves room for a token at its limit in a URL that escapes it.
const maxPasted = 4 * contract.MaxToken

// paste judges what is put into its box, and keeps nothing of it.
func (h *Handler) paste(w http.ResponseWriter, r *http.Request) {
	v, p := view{Page: "paste", Title: "Inspect a token"}, pasted{}
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxPasted)
		var tooLarge *http.MaxBytesError
		err := r.ParseForm()
		p.Text = r.PostForm.Get("login")
		found, ok := inspect.Find([]byte(p.Text))
		switch {
		case errors.As(err, &tooLarge):
			v.Status, v.Problem, p.Text = http.StatusRequestEntityTooLarge, "That is too long for a token or a login URL.", ""
		case !ok:
			v.Status, v.Problem = http.StatusUnprocessableEntity, "Paste a token or a login URL: there is none in this."
		default:
			h.mu.Lock()
			options := h.options(h.now())
			h.mu.Unlock()
			p.Report, p.Undone = found.Judge(options), found.Undone
			p.Misread = h.misread(found.Token(), p.Report)
		}
	}
	v.Data = p
	h.show(w, r, v)
}

// A mistake is a login that is wrong in one way, to send oneself.
type mistake struct {
	Name, Title, About string
	Code               contract.Code // that the community finds; empty where none is
	change             func(*forgery)
}

// A forgery is a login on its way to being wrong.
type forgery struct {
	header, claims map[string]any
	key            string
	redirectURI    string
	now            time.Time
	community      *Handler
}

// sampleMistakes are in the order of what partners meet first.
func sampleMistakes() []mistake {
	set := func(claim string, value any) func(*forgery) { return func(f *forgery) { f.claims[claim] = value } }
	comeBack := func(to string) func(*forgery) { return func(f *forgery) { f.redirectURI = to } }
	return []mistake{
		{"none", "Nothing wrong", "A login in order, to compare with.", "", func(*forgery) {}},
		{"wrong-key", "A wrong key", "The token is signed with an old key, or that of another community.", inspect.SignatureWrong,
			func(f *forgery) { f.key = rand.Text() + rand.Text() }},
		{"key-with-line-feed", "A key with a line feed", "The key was read from a file with the line feed at its end.",
			inspect.SignatureWrong, func(f *forgery) { f.key += "\n" }},
		{"expired", "An expired token", "It was made with the page, two minutes before the click.", inspect.ExpExpired,
			func(f *forgery) { f.claims[contract.Iat], f.claims[contract.Exp] = f.now.Unix()-120, f.now.Unix()-60 }},
		{"no-exp", "A token that never expires", "It has no exp.", inspect.ExpMissing,
			func(f *forgery) { delete(f.claims, contract.Exp) }},
		{"milliseconds", "An exp in milliseconds", "Date.now() + 60000, as JavaScript counts.", inspect.ExpMilliseconds,
			func(f *forgery) { f.claims[contract.Exp] = f.now.UnixMilli() + 60_000 }},
		{"no-name", "A missing name", "The member has none in the partner's database.", contract.NameMissing,
			func(f *forgery) { delete(f.claims, contract.Name) }},
		{"number-as-sub", "A number as sub", "The ID went into the token as the number that it is in the database.", contract.ClaimNotString,
			set(contract.Sub, 1001)},
		{"conflict", "A conflict", "The partner has renumbered its users: the same email comes with another sub.",
			contract.ExternalIDConflict, renumber},
		{"hostile-path", "A hostile return path", "Somebody gave the partner //evil.example as referrer_uri, and it was passed on.",
			contract.RedirectRefused, comeBack("//evil.example/")},
		{"path-to-login", "A return path that logs in again", "The visitor was on the login page, and is sent back there.",
			contract.RedirectLoop, comeBack(contract.LoginPath)},
		{"replace-empties", "A REPLACE that empties", "The list of spaces is empty, so REPLACE removes the member from all of them.",
			inspect.SpacesLeaveAll, func(f *forgery) {
				f.claims[contract.SpaceIDs], f.claims[contract.SpacesOperation] = []string{}, contract.OperationReplace
			}},
		{"replace-nothing", "A REPLACE of nothing", "spaceIds is left out, since it is empty, and REPLACE is not.",
			contract.SpacesReplaceNothing, set(contract.SpacesOperation, contract.OperationReplace)},
		{"unknown-space", "A space that does not exist", "An ID of another community: the rest of the login is not affected.", "",
			set(contract.SpaceIDs, []string{"spc-of-another-community"})},
		{"misspelled", "A claim that is misspelled", "avatar_url, where picture is meant.", inspect.ClaimMisspelled,
			set("avatar_url", "https://images.example/sam.png")},
		{"unsigned", "A token that nobody signed", "alg is none.", inspect.AlgNotHS256, func(f *forgery) { f.header["alg"] = "none" }},
	}
}

// renumber makes sure that there is a member with the email.
func renumber(f *forgery) {
	h, email := f.community, f.claims[contract.Email].(string)
	m := Member{Name: f.claims[contract.Name].(string), Email: email}
	h.mu.Lock()
	defer h.mu.Unlock()
	if known := h.members.byEmail[email]; known != nil {
		m = known.clone()
	}
	if m.ExternalID == "" {
		m.ExternalID = f.claims[contract.Sub].(string)
		h.members.put(m)
		h.touch()
	}
	f.claims[contract.Sub] = "renumbered-" + rand.Text()[:6]
}

// mistakes lists sample mistakes. One that is chosen goes the way of a partner's
// login: a redirect with a token.
func (h *Handler) mistakes(w http.ResponseWriter, r *http.Request) {
	samples := sampleMistakes()
	v := view{Page: "mistakes", Title: "Sample mistakes", Data: samples}
	if r.Method != http.MethodPost {
		h.show(w, r, v)
		return
	}
	name := r.PostFormValue("mistake")
	if name == "loop" { // refuses everybody, and has no page without a login
		h.configure(w, contract.LoginPath, func(s *Settings) {
			s.RefuseEverything, s.RetryRefusedLogins, s.OtherLoginMethods = true, true, false
		})
		return
	}
	i := slices.IndexFunc(samples, func(m mistake) bool { return m.Name == name })
	if i < 0 {
		v.Status, v.Problem = http.StatusUnprocessableEntity, "There is no such mistake."
		h.show(w, r, v)
		return
	}
	address, err := h.forgeLogin(h.visitor(r), samples[i].change)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	redirect(w, address)
}

// forgeLogin makes a login of the visitor, or of a made-up member for a guest.
func (h *Handler) forgeLogin(me *Member, change func(*forgery)) (address string, err error) {
	s := h.Settings()
	f := forgery{key: s.Key.Reveal(), now: h.now().Add(s.ClockSkew), community: h}
	f.header = map[string]any{"alg": contract.Alg, "typ": contract.Typ}
	sam := Member{ExternalID: "u-sample", Name: "Sam Sample", Email: "sam@partner.example"}
	if me != nil && visible(me.Name) {
		sam = Member{ExternalID: cmp.Or(me.ExternalID, sam.ExternalID), Name: me.Name, Email: me.Email}
	}
	f.claims = map[string]any{
		contract.Sub: sam.ExternalID, contract.Name: sam.Name, contract.Email: sam.Email,
		contract.Iat: f.now.Unix(), contract.Exp: f.now.Add(contract.DefaultLifetime).Unix(),
	}
	change(&f)
	token, err := forge(f.header, f.claims, f.key)
	address = contract.SSOPath + "?" + contract.JWT + "=" + token
	if f.redirectURI != "" {
		address += "&" + contract.RedirectURI + "=" + queryEscape(f.redirectURI)
	}
	return address, err
}

// forge signs a token by the standard library alone, so that it can be as
// wrong as it is meant to be. The key is raw bytes.
func forge(header, claims map[string]any, key string) (string, error) {
	var parts []string
	for _, object := range []map[string]any{header, claims} {
		data, err := json.Marshal(object)
		if err != nil {
			return "", err
		}
		parts = append(parts, base64.RawURLEncoding.EncodeToString(data))
	}
	input := strings.Join(parts, ".")
	return input + "." + base64.RawURLEncoding.EncodeToString(sign(input, key)), nil
}

func sign(input, key string) []byte {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(input))
	return mac.Sum(nil)
}

// misread says how the community's key was read by who signed a token that does
// not fit it, or nothing if none of the common ways explains it.
func (h *Handler) misread(token string, r *inspect.Report) string {
	end := strings.LastIndexByte(token, '.')
	if r.Signature.State != inspect.Wrong || end < 0 {
		return ""
	}
	signature, err := base64.RawURLEncoding.DecodeString(token[end+1:])
	if err != nil {
		return ""
	}
	h.mu.Lock()
	key, former := h.settings.Key.Reveal(), h.former
	h.mu.Unlock()
	misreadings := [][2]string{
		{"with a line feed after it, such as the last one of a file", key + "\n"},
		{"with a carriage return and a line feed after it, as files of Windows have", key + "\r\n"},
		{"with a space after it", key + " "},
		{"in double quotes", `"` + key + `"`},
		{"in single quotes", "'" + key + "'"},
		{"encoded by base64 once more", base64.StdEncoding.EncodeToString([]byte(key))},
	}
	if !former.IsZero() {
		misreadings = append(misreadings, [2]string{"as it was before it was changed here", former.Reveal()})
	}
	std, url := base64.StdEncoding, base64.URLEncoding
	for _, encoding := range []*base64.Encoding{std, url, base64.RawStdEncoding, base64.RawURLEncoding} {
		if decoded, err := encoding.DecodeString(key); err == nil {
			misreadings = append(misreadings, [2]string{"decoded by base64", string(decoded)})
		}
	}
	if decoded, err := hex.DecodeString(key); err == nil {
		misreadings = append(misreadings, [2]string{"decoded as hexadecimal digits", string(decoded)})
	}
	for _, m := range misreadings {
		if hmac.Equal(signature, sign(token[:end], m[1])) {
			return m[0]
		}
	}
	return ""
}

// A codeGroup is the rules about one thing.
type codeGroup struct {
	Area  contract.Area
	Rules []contract.Rule
}

// codesByArea lists the rules that this community judges by first.
func codesByArea() []codeGroup {
	groups := []codeGroup{{Area: contract.LoginURL}, {Area: contract.Token}, {Area: contract.Member}}
	for _, rule := range append(contract.Rules(), inspect.Rules()...) {
		i := slices.IndexFunc(groups, func(g codeGroup) bool { return g.Area == rule.Area })
		if i < 0 {
			i, groups = len(groups), append(groups, codeGroup{Area: rule.Area})
		}
		groups[i].Rules = append(groups[i].Rules, rule)
	}
	return groups
}

// A codePage is a rule, and the logins that it was found in.
type codePage struct {
	contract.Rule
	Logins []Attempt // the latest first
}

func (h *Handler) code(w http.ResponseWriter, r *http.Request, name string) {
	code := contract.Code(name)
	rule := inspect.RuleOf(code)
	if rule.Code == "" {
		h.missing(w, r, "The contract has no such code.")
		return
	}
	logins := h.loginsLatestFirst(func(l Attempt) bool { return slices.Contains(l.codes(), code) })
	h.show(w, r, view{Page: "code", Title: "Code " + name, Data: codePage{rule, logins}})
}
