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

// A pasted is a token, a login URL or claims from the box, and what the judge says.
type pasted struct {
	Text   string
	Report *inspect.Report // nil until something was pasted
	Undone []string        // what was around it, or had been done to it
	Signed bool            // it was claims
}

// maxPasted leaves room for a token at its limit in a URL that escapes it.
const maxPasted = 4 * contract.MaxToken

// paste judges what is put into its box, and keeps nothing of it.
func (h *Handler) paste(w http.ResponseWriter, r *http.Request) answer {
	var p pasted
	page := view{Page: "paste", Title: "Inspect a token", Data: &p}
	if r.Method != http.MethodPost {
		return page
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxPasted)
	var tooLarge *http.MaxBytesError
	if errors.As(r.ParseForm(), &tooLarge) {
		page = page.refused("That is too long for a token, a login URL or claims.")
		page.Status = http.StatusRequestEntityTooLarge
		return page
	}
	p.Text = r.PostForm.Get("login")
	origin := "http://" + r.Host + h.folder
	if change := sampleMistakes[r.PostForm.Get("sample")]; change != nil {
		p.Text = origin + string(h.forgeLogin(h.visitor(r), change))
	}
	found, ok := inspect.Find([]byte(p.Text))
	if claims := strings.Trim(p.Text, " \t\r\n\ufeff"); !ok && strings.HasPrefix(claims, "{") {
		change, err := signing(claims)
		if err != nil {
			return page.refused("These claims are not a JSON object: " + err.Error() + ".")
		}
		login := h.forgeLogin(nil, change)
		if r.PostForm.Has("log-in") {
			w.Header().Set("Referrer-Policy", "no-referrer")
			return login
		}
		p.Signed = true
		found, ok = inspect.Find([]byte(origin + string(login)))
	}
	if !ok {
		return page.refused("Paste a token, a login URL or claims as a JSON object: there is none in this.")
	}
	p.Report, p.Undone = found.Judge(h.options(h.Settings(), h.now())), found.Undone
	page.Token, page.Misread = found.Token(), h.misread(found.Token(), p.Report)
	return page
}

// signing makes a login with the claims of a JSON object, as they are. Without iat or exp
// they get those of a new token.
func signing(object string) (func(*forgery), error) {
	var claims map[string]json.RawMessage
	if err := json.Unmarshal([]byte(object), &claims); err != nil {
		return nil, err
	}
	return func(f *forgery) {
		f.claims = map[string]any{contract.Iat: f.claims[contract.Iat], contract.Exp: f.claims[contract.Exp]}
		for name, value := range claims {
			f.claims[name] = value
		}
	}, nil
}

// A forgery is a login on its way to being wrong.
type forgery struct {
	header, claims map[string]any
	key            string
	redirectURI    string
	now            time.Time
	community      *Handler
}

func withClaim(claim string, value any) func(*forgery) {
	return func(f *forgery) { f.claims[claim] = value }
}

// sampleMistakes make a login wrong in one way. Their page says what each is about.
var sampleMistakes = map[string]func(*forgery){
	"none":               func(*forgery) {},
	"wrong-key":          func(f *forgery) { f.key = rand.Text() + rand.Text() },
	"key-with-line-feed": func(f *forgery) { f.key += "\n" },
	"expired": func(f *forgery) {
		f.claims[contract.Iat], f.claims[contract.Exp] = f.now.Unix()-120, f.now.Unix()-60
	},
	"no-exp":        func(f *forgery) { delete(f.claims, contract.Exp) },
	"milliseconds":  func(f *forgery) { f.claims[contract.Exp] = f.now.UnixMilli() + 60_000 },
	"no-name":       func(f *forgery) { delete(f.claims, contract.Name) },
	"number-as-sub": withClaim(contract.Sub, 1001),
	"conflict":      renumber,
	"hostile-path":  func(f *forgery) { f.redirectURI = "//evil.example/" },
	"path-to-login": func(f *forgery) { f.redirectURI = contract.LoginPath },
	"replace-empties": func(f *forgery) {
		f.claims[contract.SpaceIDs], f.claims[contract.SpacesOperation] = []string{}, contract.OperationReplace
	},
	"replace-nothing": withClaim(contract.SpacesOperation, contract.OperationReplace),
	"unknown-space":   withClaim(contract.SpaceIDs, []string{"spc-of-another-community"}),
	"misspelled":      withClaim("avatar_url", "https://images.example/sam.png"),
	"unsigned":        func(f *forgery) { f.header["alg"] = "none" },
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
func (h *Handler) mistakes(w http.ResponseWriter, r *http.Request) answer {
	page, name := view{Page: "mistakes", Title: "Sample mistakes"}, r.PostFormValue("mistake")
	change := sampleMistakes[name]
	switch {
	case r.Method != http.MethodPost:
		return page
	case name == "loop":
		return h.configure(redirect(contract.LoginPath), func(s *Settings) {
			s.RefuseEverything, s.RetryRefusedLogins = true, true
		})
	case change == nil:
		return page.refused("There is no such mistake.")
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	return h.forgeLogin(h.visitor(r), change)
}

// forgeLogin makes a login of the visitor, or of a made-up member for a guest. It
// signs by the standard library, so that the token can be as wrong as it is meant to be.
func (h *Handler) forgeLogin(me *Member, change func(*forgery)) redirect {
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
	header, _ := json.Marshal(f.header) // texts, numbers and lists of texts
	claims, _ := json.Marshal(f.claims)
	encode := base64.RawURLEncoding.EncodeToString
	input := encode(header) + "." + encode(claims)
	address := contract.SSOPath + "?" + contract.JWT + "=" + input + "." + encode(sign(input, f.key))
	if f.redirectURI != "" {
		address += "&" + contract.RedirectURI + "=" + queryEscape(f.redirectURI)
	}
	return redirect(address)
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
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if decoded, err := encoding.DecodeString(strings.TrimRight(key, "=")); err == nil {
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

type codeGroup struct {
	Area  inspect.Area
	Rules []inspect.Rule
}

// codesByArea lists the rules that this community judges by first.
func codesByArea() []codeGroup {
	groups := []codeGroup{{Area: inspect.AreaURL}, {Area: inspect.AreaToken}, {Area: inspect.AreaMember}}
	for _, rule := range inspect.Rules() {
		i := slices.IndexFunc(groups, func(g codeGroup) bool { return g.Area == rule.Area })
		if i < 0 {
			i, groups = len(groups), append(groups, codeGroup{Area: rule.Area})
		}
		groups[i].Rules = append(groups[i].Rules, rule)
	}
	return groups
}

func (h *Handler) code(_ http.ResponseWriter, r *http.Request) answer {
	code := contract.Code(r.PathValue("of"))
	rule := inspect.RuleOf(code)
	if rule.Code == "" {
		return missing("The contract has no such code.")
	}
	logins := h.latest(func(l *login) bool { return slices.Contains(l.Codes, code) })
	return view{Page: "code", Title: "Code " + string(code), Data: struct {
		inspect.Rule
		Logins []*login
	}{rule, logins}}
}
