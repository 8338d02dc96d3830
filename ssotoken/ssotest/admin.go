package ssotest

import (
	"cmp"
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

// byName returns pointers to the settings.
func (s *Settings) byName() map[string]any {
	of, v := map[string]any{}, reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		of[v.Type().Field(i).Name] = v.Field(i).Addr().Interface()
	}
	return of
}

// textOf returns a setting as text. The key has none.
func textOf(setting any) (text string) {
	switch v := setting.(type) {
	case *string:
		return *v
	case *bool:
		return map[bool]string{true: "on"}[*v]
	case *time.Duration:
		return strconv.FormatFloat(v.Seconds(), 'f', -1, 64)
	case *[]Space:
		for _, sp := range *v {
			text += sp.ID + " | " + oneLine(sp.Name) + " | " + sp.Slug + "\n"
		}
	case *[]CustomField:
		for _, f := range *v {
			text += oneLine(f.Name) + " | " + f.Type + " | " + strings.Join(f.ExternalKeys, ", ") + "\n"
		}
	}
	return text
}

// setText sets a setting to what textOf returns for it.
func setText(setting any, text string) error {
	switch v := setting.(type) {
	case *string:
		*v = text
	case *bool:
		*v = text != ""
	case *time.Duration:
		seconds, err := strconv.ParseFloat(cmp.Or(text, "0"), 64)
		if err != nil || !(math.Abs(seconds) < 9e9) {
			return malformed("is not a number of seconds")
		}
		*v = time.Duration(seconds * float64(time.Second))
	case *[]Space:
		*v = nil
		for line := range strings.Lines(text) {
			if id, rest, _ := strings.Cut(line, "|"); strings.TrimSpace(line) != "" {
				name, slug := cutLast(rest)
				*v = append(*v, Space{ID: strings.TrimSpace(id), Name: name, Slug: slug})
			}
		}
	case *[]CustomField:
		*v = nil
		for line := range strings.Lines(text) {
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
				*v = append(*v, field)
			}
		}
	}
	return nil
}

// An adminField is a field of the form, with its label and what is wrong with it.
type adminField struct{ Name, Label, Hint, Value, Problem string }

func (f *adminForm) Input(name, label, hint string) adminField {
	return adminField{name, label, hint, f.Values[name], f.Problems[name]}
}

func (f *adminForm) page() view { return view{Page: "admin", Title: "Settings", Data: f} }

func (h *Handler) adminForm() (*adminForm, Settings) {
	h.mu.Lock()
	s, made := h.settings.clone(), h.madeKey
	h.mu.Unlock()
	f := &adminForm{Made: made, Values: map[string]string{}, Problems: map[string]string{}}
	for name, setting := range s.byName() {
		f.Values[name] = textOf(setting)
	}
	return f, s
}

func (h *Handler) showSettings(_ http.ResponseWriter, r *http.Request) answer {
	form, _ := h.adminForm()
	form.Saved = r.URL.Query().Get("saved")
	return form.page()
}

func (h *Handler) saveSettings(_ http.ResponseWriter, r *http.Request) answer {
	form, s := h.adminForm()
	for name, setting := range s.byName() {
		form.Values[name] = strings.TrimSpace(r.PostFormValue(name))
		if err := setText(setting, form.Values[name]); err != nil {
			form.Problems[name] = err.Error()
		}
	}
	_, errs := s.withDefaults()
	for _, f := range errs {
		field, _, _ := strings.Cut(f.Field, "[")
		why := strings.TrimPrefix(f.Field, field) + " " + f.Err.Error()
		form.Problems[field] = cmp.Or(form.Problems[field], strings.TrimSpace(why))
	}
	if n := len(form.Problems); n > 0 {
		return form.page().refused("Nothing was saved. " + plural(n, "field") + " to correct.")
	}
	if err := h.keepKey(s); err != nil {
		return fieldProblems(err)
	}
	return redirect(settingsPath + "?saved=settings")
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
func (h *Handler) changeKey(_ http.ResponseWriter, r *http.Request) answer {
	form, s := h.adminForm()
	var key ssotoken.Key // the zero one is replaced by a random one
	switch r.PostFormValue("do") {
	case "reveal":
		if form.Made {
			form.Key = s.Key.Reveal()
			return form.page()
		}
		page := form.page().refused("You set this key yourself, so it isn't shown here.")
		page.Status = http.StatusForbidden
		return page
	case "use":
		var err error
		if key, err = ssotoken.NewKey(r.PostFormValue("Key")); err != nil {
			form.Problems["Key"] = err.Error()
			return form.page().refused("The key was not changed.")
		}
	case "regenerate":
	default:
		return redirect(settingsPath)
	}
	return h.configure(redirect(settingsPath+"?saved=key"), func(s *Settings) { s.Key = key })
}

// keepKey changes all settings but the key.
func (h *Handler) keepKey(s Settings) error {
	return h.Configure(func(now *Settings) {
		s.Key = now.Key
		*now = s
	})
}

// configure makes a change that no setting stands against.
func (h *Handler) configure(to answer, change func(*Settings)) answer {
	if err := h.Configure(change); err != nil {
		return fieldProblems(err)
	}
	return to
}

// startOver is postReset for a button.
func (h *Handler) startOver(_ http.ResponseWriter, r *http.Request) answer {
	h.postReset(r, nil)
	return redirect("/logins")
}

func (h *Handler) calm(_ http.ResponseWriter, r *http.Request) answer {
	h.Next(Trouble{}) // which is in order
	return h.configure(location(h.whereFrom(r)), func(s *Settings) {
		s.RefuseEverything, s.RetryRefusedLogins, s.ClockSkew, s.Delay = false, false, 0, 0
	})
}

// Troubles says what is done on purpose to logins that are in order.
func (v view) Troubles() (list []string) {
	s := v.Settings
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
	if v.next.Times > 0 {
		list = append(list, fmt.Sprintf("treats the next %s as /_fake/next says", plural(v.next.Times, "login")))
	}
	return list
}
