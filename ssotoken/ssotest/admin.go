package ssotest

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
	"github.com/bettermode-go/sso/ssotoken/contract"
)

// An adminForm is the page of the community's settings: their values as text,
// and what is wrong with those that were sent.
type adminForm struct {
	Values   map[string]string
	On       map[string]bool
	Problems map[string]string // by the field's name
	Types    []FieldType
	Saved    string // what was just saved
	Made     bool   // the key is the community's own making
	Key      string // revealed
}

// The fields of the form that are texts of their own, by their setting.
func textFields(s *Settings) map[string]*string {
	return map[string]*string{
		"Name": &s.Name, "LoginButtonText": &s.LoginButtonText, "AuthorizationURL": &s.AuthorizationURL, "SignUpURL": &s.SignUpURL,
		"LogoutURL": &s.LogoutURL, "AccountSettingsURL": &s.AccountSettingsURL, "NewUsersHomepage": &s.NewUsersHomepage,
	}
}

func switches(s *Settings) map[string]*bool {
	return map[string]*bool{"OtherLoginMethods": &s.OtherLoginMethods, "RefuseEverything": &s.RefuseEverything, "RetryRefusedLogins": &s.RetryRefusedLogins}
}

func (h *Handler) adminForm() adminForm {
	h.mu.Lock()
	s, made := h.settings.clone(), h.madeKey
	h.mu.Unlock()
	f := adminForm{Made: made, Values: map[string]string{}, On: map[string]bool{}, Problems: map[string]string{}}
	for name, value := range textFields(&s) {
		f.Values[name] = *value
	}
	for name, on := range switches(&s) {
		f.On[name] = *on
	}
	f.Values["ClockSkew"] = strconv.FormatFloat(s.ClockSkew.Seconds(), 'f', -1, 64)
	f.Values["Delay"] = strconv.FormatFloat(s.Delay.Seconds(), 'f', -1, 64)
	f.Values["Spaces"], f.Values["CustomFields"] = spaceLines(s.Spaces), fieldLines(s.CustomFields)
	for _, t := range contract.FieldTypes() {
		if kind := FieldType(t.Vendor); len(f.Types) == 0 || f.Types[len(f.Types)-1] != kind {
			f.Types = append(f.Types, kind)
		}
	}
	return f
}

// An adminField is a field of the form, with its label and what is wrong with it.
type adminField struct {
	Name, Label, Hint, Value, Problem string
	On                                bool
}

func (f adminForm) input(name, label, hint string) adminField {
	return adminField{name, label, hint, f.Values[name], f.Problems[name], f.On[name]}
}

func joinTypes(types []FieldType) string {
	texts := make([]string, len(types))
	for i, t := range types {
		texts[i] = string(t)
	}
	return strings.Join(texts, ", ")
}

// admin is the page of the community's settings.
func (h *Handler) admin(w http.ResponseWriter, r *http.Request) {
	form := h.adminForm()
	if r.Method != http.MethodPost {
		form.Saved = r.URL.Query().Get("saved")
		h.show(w, r, view{Page: "admin", Title: "Settings", Data: form})
		return
	}
	err := h.Configure(func(s *Settings) { form.read(s, r) })
	var refused *ssotoken.ConfigError
	if errors.As(err, &refused) {
		for _, f := range refused.Fields {
			field, _, _ := strings.Cut(f.Field, "[")
			form.problem(field, strings.TrimPrefix(f.Field, field)+" "+f.Err.Error())
		}
	}
	if len(form.Problems) > 0 {
		v := view{Page: "admin", Title: "Settings", Status: http.StatusUnprocessableEntity, Data: form}
		v.Problem = "Nothing was saved. " + plural(len(form.Problems), "field") + " to correct."
		h.show(w, r, v)
		return
	}
	redirect(w, settingsPath+"?saved=settings")
}

func (f adminForm) problem(field, why string) {
	if f.Problems[field] == "" {
		f.Problems[field] = strings.TrimSpace(why)
	}
}

// read takes the settings from a form that was sent. One that can't be read is
// a problem, and an error of the settings as a whole: nothing is then changed.
func (f adminForm) read(s *Settings, r *http.Request) {
	for name, value := range textFields(s) {
		*value = strings.TrimSpace(r.PostFormValue(name))
		f.Values[name] = *value
	}
	for name, on := range switches(s) {
		*on = r.PostFormValue(name) != ""
		f.On[name] = *on
	}
	for name, d := range map[string]*time.Duration{"ClockSkew": &s.ClockSkew, "Delay": &s.Delay} {
		f.Values[name] = strings.TrimSpace(r.PostFormValue(name))
		seconds, err := strconv.ParseFloat(cmp.Or(f.Values[name], "0"), 64)
		if err != nil || !(math.Abs(seconds) < 1e6) {
			f.problem(name, "is not a number of seconds")
			seconds = 1e6 // which the settings refuse
		}
		*d = time.Duration(seconds * float64(time.Second))
	}
	f.Values["Spaces"], f.Values["CustomFields"] = r.PostFormValue("Spaces"), r.PostFormValue("CustomFields")
	s.Spaces, s.CustomFields = readSpaces(f.Values["Spaces"]), readFields(f.Values["CustomFields"])
}

// adminKey does with the key what its button says. A key that the community
// made is shown in the answer to the button "reveal" alone: no page that is
// merely visited has it. One that was given is not shown at all.
func (h *Handler) adminKey(w http.ResponseWriter, r *http.Request) {
	form := h.adminForm()
	v := view{Page: "admin", Title: "Settings", Data: form}
	var key ssotoken.Key // the zero one is replaced by a random one
	switch r.PostFormValue("do") {
	case "reveal":
		if form.Made {
			form.Key = h.Key().Reveal()
		} else {
			v.Status, v.Problem = http.StatusForbidden, "This key was given: it stands where it came from, and is not shown here."
		}
		v.Data = form
		h.show(w, r, v)
		return
	case "regenerate":
	case "use":
		var err error
		if key, err = ssotoken.NewKey(r.PostFormValue("Key")); err != nil {
			form.problem("Key", err.Error())
			v.Status, v.Problem = http.StatusUnprocessableEntity, "The key stays as it was."
			h.show(w, r, v)
			return
		}
	default:
		redirect(w, settingsPath)
		return
	}
	if err := h.Configure(func(s *Settings) { s.Key = key }); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	redirect(w, settingsPath+"?saved=key")
}

// calm switches off what makes trouble on purpose.
func (h *Handler) calm(w http.ResponseWriter, r *http.Request) {
	err := h.Configure(func(s *Settings) { s.RefuseEverything, s.RetryRefusedLogins, s.ClockSkew, s.Delay = false, false, 0, 0 })
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	redirect(w, settingsPath+"?saved=settings")
}

// troubles says what the settings do on purpose to logins that are in order.
func (s Settings) troubles() (list []string) {
	if s.RefuseEverything {
		list = append(list, "refuses every login")
	}
	if s.RetryRefusedLogins {
		list = append(list, "sends refused logins back to the partner")
	}
	switch {
	case s.ClockSkew > 0:
		list = append(list, fmt.Sprintf("has a clock that is %s ahead", inWords(s.ClockSkew)))
	case s.ClockSkew < 0:
		list = append(list, fmt.Sprintf("has a clock that is %s behind", inWords(-s.ClockSkew)))
	}
	if s.Delay > 0 {
		list = append(list, fmt.Sprintf("takes %v for a login", s.Delay))
	}
	return list
}
