package ssotoken

import "encoding/gob"

// A return path is kept in a session while the visitor signs in elsewhere.
// Sessions store values of any type by encoding/gob, which must know the type
// beforehand, or as JSON.
func init() { gob.Register(ReturnPath{}) }

// MarshalText gives the path, for JSON and other texts.
func (p ReturnPath) MarshalText() ([]byte, error) { return []byte(p.path), nil }

// UnmarshalText is [ParseReturnPath]: what comes back from a session, or from
// where a visitor could change it, is checked again. After an error p is home.
func (p *ReturnPath) UnmarshalText(text []byte) (err error) {
	*p, err = ParseReturnPath(string(text))
	return err
}

// MarshalBinary gives the path, for encoding/gob, which takes no texts.
func (p ReturnPath) MarshalBinary() ([]byte, error) { return p.MarshalText() }

// UnmarshalBinary is UnmarshalText: a path that was tampered with is an error of
// the session's decoder.
func (p *ReturnPath) UnmarshalBinary(b []byte) error { return p.UnmarshalText(b) }
