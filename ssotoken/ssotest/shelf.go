package ssotest

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"time"

	"github.com/bettermode-go/sso/ssotoken/contract"
)

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

// mistakesShelf is in the order of what partners meet first.
func mistakesShelf() []mistake {
	set := func(claim string, value any) func(*forgery) { return func(f *forgery) { f.claims[claim] = value } }
	return []mistake{
		{"none", "Nothing wrong", "A login in order, to compare with.", "", func(*forgery) {}},
		{"wrong-key", "A wrong key", "The token is signed with a key that is not the community's: an old one, or that of another community.", contract.SignatureWrong,
			func(f *forgery) { f.key = rand.Text() + rand.Text() }},
		{"key-with-line-feed", "A key with a line feed", "The key was read from a file whole, its last line feed too.", contract.SignatureWrong,
			func(f *forgery) { f.key += "\n" }},
		{"expired", "An expired token", "It was made with the page, two minutes before the click.", contract.ExpExpired, func(f *forgery) {
			f.claims[contract.Iat], f.claims[contract.Exp] = f.now.Unix()-120, f.now.Unix()-60
		}},
		{"no-exp", "A token for ever", "It has no exp.", contract.ExpMissing, func(f *forgery) { delete(f.claims, contract.Exp) }},
		{"milliseconds", "An exp in milliseconds", "Date.now() + 60000, as JavaScript counts.", contract.ExpMilliseconds,
			func(f *forgery) { f.claims[contract.Exp] = f.now.UnixMilli() + 60_000 }},
		{"no-name", "A missing name", "The member has none in the partner's database.", contract.NameMissing, func(f *forgery) { delete(f.claims, contract.Name) }},
		{"number-as-sub", "A number as sub", "The ID went into the token as the number that it is in the database.", contract.ClaimNotString, set(contract.Sub, 1001)},
		{"conflict", "A conflict", "The partner has renumbered its users: the same email address comes with another sub.", contract.ExternalIDConflict, renumber},
		{"hostile-path", "A hostile return path", "Somebody gave the partner //evil.example as referrer_uri, and it was passed on.", contract.RedirectRefused,
			func(f *forgery) { f.redirectURI = "//evil.example/" }},
		{"path-to-login", "A return path that logs in again", "The visitor was on the login page, and is sent back there.", contract.RedirectLoop,
			func(f *forgery) { f.redirectURI = contract.LoginPath }},
		{"replace-empties", "A REPLACE that empties", "The list of spaces came out empty, and REPLACE removes the member from all of them.", contract.SpacesLeaveAll, func(f *forgery) {
			f.claims[contract.SpaceIDs], f.claims[contract.SpacesOperation] = []string{}, contract.OperationReplace
		}},
		{"replace-nothing", "A REPLACE of nothing", "spaceIds is left out, since it is empty, and REPLACE is not.", contract.SpacesReplaceNothing,
			set(contract.SpacesOperation, contract.OperationReplace)},
		{"unknown-space", "A space that is not there", "An ID of another community: the rest of the login is not affected.", "", set(contract.SpaceIDs, []string{"spc-of-another-community"})},
		{"misspelled", "A claim that is misspelled", "avatar_url, where picture is meant.", contract.ClaimMisspelled, set("avatar_url", "https://images.example/sam.png")},
		{"unsigned", "A token that nobody signed", "alg is none.", contract.AlgNotHS256, func(f *forgery) { f.header["alg"] = "none" }},
	}
}

// renumber makes sure that there is a member with the email.
func renumber(f *forgery) {
	h, email := f.community, f.claims[contract.Email].(string)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m := h.members.byEmail[email]; {
	case m == nil:
		h.members.put(Member{ExternalID: f.claims[contract.Sub].(string), Name: f.claims[contract.Name].(string), Email: email})
		h.touch()
	case m.ExternalID == "":
		linked := m.clone()
		linked.ExternalID = f.claims[contract.Sub].(string)
		h.members.put(linked)
		h.touch()
	}
	f.claims[contract.Sub] = "renumbered-" + rand.Text()[:6]
}

// mistakes is the shelf. A mistake that is taken from it goes the way of a
// partner's login: a redirect with a token.
func (h *Handler) mistakes(w http.ResponseWriter, r *http.Request) {
	shelf := mistakesShelf()
	v := view{Page: "mistakes", Title: "Mistakes", Data: shelf}
	if r.Method != http.MethodPost {
		h.show(w, r, v)
		return
	}
	name := r.PostFormValue("mistake")
	if name == "loop" {
		h.startLoop(w, r)
		return
	}
	i := slices.IndexFunc(shelf, func(m mistake) bool { return m.Name == name })
	if i < 0 {
		v.Status, v.Problem = http.StatusUnprocessableEntity, "There is no such mistake on the shelf."
		h.show(w, r, v)
		return
	}
	address, err := h.forgeLogin(h.visitor(r), shelf[i].change)
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
	f := forgery{header: map[string]any{"alg": contract.Alg, "typ": contract.Typ}, key: s.Key.Reveal(), now: h.now().Add(s.ClockSkew), community: h}
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

// startLoop makes the community as one that refuses everybody and has no page
// without a login, and goes to its login button.
func (h *Handler) startLoop(w http.ResponseWriter, r *http.Request) {
	err := h.Configure(func(s *Settings) { s.RefuseEverything, s.RetryRefusedLogins, s.OtherLoginMethods = true, true, false })
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	redirect(w, contract.LoginPath)
}
