// Package sessions holds no code. Its tests keep a return path in the sessions of
// scs and gorilla/sessions, as gob and as JSON, while the visitor signs in
// elsewhere:
//
//	sessions.Put(r.Context(), "to", path)                       // scs, before the sign-in
//	path, _ := sessions.Pop(r.Context(), "to").(ssotoken.ReturnPath) // after it: home, if there is none
//	login.RedirectTo(w, r, claims, path)
//
// A store that keeps JSON in a map returns the path as a string: read it with
// ssotoken.ParseReturnPath.
package sessions
