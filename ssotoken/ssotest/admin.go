package ssotest

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/bettermode-go/sso/ssotoken"
)

// An adminForm is the page of the community's settings: their values as text,
// and what is wrong with those that were sent.
type adminForm struct {
	Values   map[string]string // by the setting's name
	Problems map[string]string // likewise
	Saved    string            // what was just saved
	Made     bool              // the key is the community's own making
	Key      string            // revealed
}

// inputs are the settings that have a form field, by name: a pointer to a
// string, a bool or a duration.
func inputs(s *Settings) map[string]any {
	of, v := map[string]any{}, reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		switch p := v.Field(i).Addr().Interface().(type) {
		case *string, *bool, *time.Duration:
			of[v.Type().Field(i).Name] = p
		}
	}
	return of
}

func (h *Handler) adminForm() adminForm {
	h.mu.Lock()
	s, made := h.settings.clone(), h.madeKey
	h.mu.Unlock()
	f := adminForm{Made: made, Values: map[string]string{}, Problems: map[string]string{}}
	for name, p := range inputs(&s) {
		switch p := p.(type) {
		case *string:
			f.Values[name] = *p
		case *bool:
			f.Values[name] = map[bool]string{true: "on"}[*p]
		case *time.Duration:
			f.Values[name] = strconv.FormatFloat(p.Seconds(), 'f', -1, 64)
		}
	}
	for _, sp := range s.Spaces {
		f.Values["Spaces"] += sp.ID + " | " + oneLine(sp.Name) + " | " + sp.Slug + "\n"
	}
	for _, field := range s.CustomFields {
		line := []string{oneLine(field.Name), field.Type, strings.Join(field.ExternalKeys, ", ")}
		f.Values["CustomFields"] += strings.Join(line, " | ") + "\n"
	}
	return f
}

// An adminField is a field of the form, with its label and what is wrong with it.
type adminField struct{ Name, Label, Hint, Value, Problem string }

func (f adminForm) input(name, label, hint string) adminField {
	return adminField{name, label, hint, f.Values[name], f.Problems[name]}
}

func (h *Handler) admin(w http.ResponseWriter, r *http.Request) {
	form := h.adminForm()
	v := view{Page: "admin", Title: "Settings"}
	if r.Method != http.MethodPost {
		form.Saved = r.URL.Query().Get("saved")
		v.Data = form
		h.show(w, r, v)
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
	if len(form.Problems) == 0 {
		redirect(w, settingsPath+"?saved=settings")
		return
	}
	v.Data, v.Status = form, http.StatusUnprocessableEntity
	v.Problem = "Nothing was saved. " + plural(len(form.Problems), "field") + " to correct."
	h.show(w, r, v)
}

func (f adminForm) problem(field, why string) {
	f.Problems[field] = cmp.Or(f.Problems[field], strings.TrimSpace(why))
}

// read takes the settings from a form that was sent. One that can't be read is
// a problem, and an error of the settings as a whole: nothing is then changed.
func (f adminForm) read(s *Settings, r *http.Request) {
	sent := func(name string) string {
		f.Values[name] = strings.TrimSpace(r.PostFormValue(name))
		return f.Values[name]
	}
	for name, p := range inputs(s) {
		switch p := p.(type) {
		case *string:
			*p = sent(name)
		case *bool:
			*p = sent(name) != ""
		case *time.Duration:
			seconds, err := strconv.ParseFloat(cmp.Or(sent(name), "0"), 64)
			if err != nil || !(math.Abs(seconds) < 1e6) {
				f.problem(name, "is not a number of seconds")
				seconds = 1e6 // which the settings refuse
			}
			*p = time.Duration(seconds * float64(time.Second))
		}
	}
	s.Spaces, s.CustomFields = nil, nil
	for line := range strings.Lines(sent("Spaces")) {
		if id, rest, _ := strings.Cut(line, "|"); strings.TrimSpace(line) != "" {
			name, slug := cutLast(rest)
			s.Spaces = append(s.Spaces, Space{ID: strings.TrimSpace(id), Name: name, Slug: slug})
		}
	}
	for line := range strings.Lines(sent("CustomFields")) {
		if strings.Count(line, "|") < 2 {
			line += "|" // without external keys
		}
		rest, keys := cutLast(line)
		name, kind := cutLast(rest)
		field := CustomField{Name: name, Type: kind}
		for key := range strings.SplitSeq(keys, ",") {
			if key = strings.TrimSpace(key); key != "" {
				field.ExternalKeys = append(field.ExternalKeys, key)
			}
		}
		if rest != "" {
			s.CustomFields = append(s.CustomFields, field)
		}
	}
}

// cutLast cuts at the last bar: a name may hold others.
func cutLast(line string) (before, after string) {
	if i := strings.LastIndexByte(line, '|'); i >= 0 {
		line, after = line[:i], line[i+1:]
	}
	return strings.TrimSpace(line), strings.TrimSpace(after)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// adminKey does with the key what its button says. A key that the community
// made is shown in the answer to the button "reveal" alone: no page that is
// merely visited has it. One that was given is not shown at all.
func (h *Handler) adminKey(w http.ResponseWriter, r *http.Request) {
	form := h.adminForm()
	v := view{Page: "admin", Title: "Settings"}
	do := r.PostFormValue("do")
	switch do {
	case "reveal":
		if form.Made {
			form.Key = h.Key().Reveal()
		} else {
			v.Status, v.Problem = http.StatusForbidden, "You set this key yourself, so it isn't shown here."
		}
	case "use", "regenerate":
		var key ssotoken.Key // the zero one is replaced by a random one
		var err error
		if do == "use" {
			key, err = ssotoken.NewKey(r.PostFormValue("Key"))
		}
		if err == nil {
			h.configure(w, settingsPath+"?saved=key", func(s *Settings) { s.Key = key })
			return
		}
		form.problem("Key", err.Error())
		v.Status, v.Problem = http.StatusUnprocessableEntity, "The key was not changed."
	default:
		redirect(w, settingsPath)
		return
	}
	v.Data = form
	h.show(w, r, v)
}

func (h *Handler) configure(w http.ResponseWriter, to string, change func(*Settings)) {
	if err := h.Configure(change); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	redirect(w, to)
}

func (h *Handler) calm(w http.ResponseWriter, _ *http.Request) {
	h.configure(w, settingsPath+"?saved=settings", func(s *Settings) {
		s.RefuseEverything, s.RetryRefusedLogins, s.ClockSkew, s.Delay = false, false, 0, 0
	})
}

// troubles says what the settings do on purpose to logins that are in order.
func (s Settings) troubles() (list []string) {
	if s.RefuseEverything {
		list = append(list, "refuses every login")
	}
	if s.RetryRefusedLogins {
		list = append(list, "sends refused logins back to the partner")
	}
	if s.ClockSkew != 0 {
		side := map[bool]string{true: "ahead", false: "behind"}[s.ClockSkew > 0]
		list = append(list, fmt.Sprintf("has a clock that is %s %s", inWords(s.ClockSkew.Abs()), side))
	}
	if s.Delay > 0 {
		list = append(list, fmt.Sprintf("takes %v for a login", s.Delay))
	}
	return list
}
