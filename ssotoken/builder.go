package ssotoken

import (
	"github.com/bettermode-go/sso/customfields"
	"github.com/bettermode-go/sso/spaces"
)

// A ClaimsBuilder collects a member's data. Its setters never fail, and each
// replaces what it set before; [ClaimsBuilder.Build] checks everything. It is
// not safe for concurrent use, and a copy of it shares what is set.
type ClaimsBuilder struct {
	redacted[ClaimsBuilder]
	open func() *claims // printers don't look into a func
}

func (b *ClaimsBuilder) claims() *claims {
	if b.open == nil {
		c := new(claims)
		b.open = func() *claims { return c }
	}
	return b.open()
}

// NewClaims starts a builder.
func NewClaims() *ClaimsBuilder { return new(ClaimsBuilder) }

// Subject sets sub, required: the member's id on your site, at most
// 50 UTF-16 code units ([contract.MaxSub]), without control characters or white space
// at an end. The community stores it as externalId and finds the member by
// it from then on, so it must be stable and never be given to another person:
// an opaque database id, not an email or a user name. What programs write where
// they have no id, such as 0, <nil>, null, undefined or the nil UUID, is refused
// ([contract.NoIDs]): all members without an id would be one.
func (b *ClaimsBuilder) Subject(id string) *ClaimsBuilder { return b.set(textSubject, id) }

// AllowSubject lets [ClaimsBuilder.Subject] be this one text that is refused
// as no id, for a site that has a user 0 for example. It is dangerous: if the id
// of another member is ever missing, and comes out as this text, that member gets
// this one's account.
func (b *ClaimsBuilder) AllowSubject(id string) *ClaimsBuilder { b.claims().allowed = id; return b }

// Name sets name, required: the name that other members see, without control
// characters, and with something to see: white space, invisible characters, marks
// and fillers such as U+3164 are not enough. White space between words, tabs and line
// endings too, becomes single spaces; at the ends it is left out, and so are
// characters that change the direction of text. [Claims.Notes] reports a name that is
// an email address: names are public.
func (b *ClaimsBuilder) Name(shown string) *ClaimsBuilder { return b.set(textName, shown) }

// VerifiedEmail sets email, required: one address of at most 200 UTF-16 code units
// ([contract.MaxEmail]), of any script. It has something on both sides of its one @,
// no white space, control or invisible character, and none of ( ) < > [ ] : ; , " \,
// so no display name and no quotes. The community takes it as
// verified, and logs a member it knows by this address in to that account:
// give only an address whose owner you have checked. White space around it is
// left out.
func (b *ClaimsBuilder) VerifiedEmail(address string) *ClaimsBuilder {
	return b.set(textEmail, address)
}

// Tagline sets tagline: a short bio in plain text, without control characters
// other than tab and line endings. Characters that change the direction of text are
// left out. A blank one is left out, and the community keeps the one that it has.
func (b *ClaimsBuilder) Tagline(bio string) *ClaimsBuilder { return b.set(textTagline, bio) }

// Picture sets picture: the full http:// or https:// URL of the member's
// picture, with a host, without user info, white space and control characters, of at
// most 2,048 bytes ([contract.MaxPicture]). The community does not check it, nor does
// this package load it. An empty one is left out, and the community keeps the one that
// it has: to take a picture away, give the URL of a neutral one. A scheme in
// capitals is lowered, and white space around the URL left out.
func (b *ClaimsBuilder) Picture(url string) *ClaimsBuilder { return b.set(textPicture, url) }

// Tenant sets whose member this is, where each tenant has a community of its
// own; it is no claim. Only a signer with the same [Config.Tenant] signs the claims
// ([ErrWrongTenant]). Take it from the member's own record: the one that the
// request names, such as that of [LoginConfig.IdentifyIn], would be right for
// everybody, and so prove nothing.
func (b *ClaimsBuilder) Tenant(id string) *ClaimsBuilder { b.claims().tenant = id; return b }

// Spaces sets which spaces the login joins and leaves. Blank ids are left out,
// and a space that is listed twice is sent once; see [spaces.Plan.LeftOut].
func (b *ClaimsBuilder) Spaces(plan spaces.Plan) *ClaimsBuilder { b.claims().spaces = plan; return b }

// Custom sets the custom fields.
func (b *ClaimsBuilder) Custom(set customfields.Set) *ClaimsBuilder {
	b.claims().custom = set
	return b
}

// Build checks every field and returns the claims, or the zero Claims and a
// [*ClaimsError] that lists every bad field. What can't change the meaning of a
// value is put in order, and [Claims.Notes] reports it: white space in a name and
// around an email, characters that turn the direction of a name or a tagline,
// spaces that are listed twice or are blank, the spelling of a picture's URL. The
// builder can be used again.
func (b *ClaimsBuilder) Build() (Claims, error) { return b.build(false) }

// BuildLenient is Build for the login itself, where nobody is to be kept out by
// an avatar: a bad tagline, picture or custom field is left out and reported by
// [Claims.Notes]. Where the login URL would be too long, the mint leaves out the
// largest of them, and [Event.Notes] reports that. Bad required fields and spaces are
// errors all the same.
func (b *ClaimsBuilder) BuildLenient() (Claims, error) { return b.build(true) }

// Validate returns what Build would refuse, and then what it would note, and makes no
// claims: many members are examined faster so.
func (b *ClaimsBuilder) Validate() []*FieldError {
	c := *b.claims()
	bad := c.check()
	return append(bad, c.notes...)
}

func (b *ClaimsBuilder) set(i textClaim, text string) *ClaimsBuilder {
	b.claims().texts[i] = text
	return b
}

func (b *ClaimsBuilder) build(lenient bool) (Claims, error) {
	c := *b.claims()
	c.lenient = lenient
	if bad := c.check(); bad != nil {
		err := &ClaimsError{Fields: bad}
		if id := b.claims().texts[textSubject]; id != "" {
			err.subject = func() string { return id }
		}
		return Claims{}, err
	}
	c.payload = encodeClaims(&c, nil)
	return Claims{open: func() *claims { return &c }}, nil
}

// check puts the fields in order, and returns what is wrong in the order of the token.
// Of lenient claims, what is wrong with a field that a member can do without is a note.
func (c *claims) check() (bad []*FieldError) {
	optional := &bad
	if c.lenient {
		optional = &c.notes
	}
	for i := range textCount {
		list := &bad
		if !i.isRequired() {
			list = optional
		}
		sent, note, err := c.readText(i)
		switch {
		case err != nil:
			sent = ""
			*list = append(*list, &FieldError{Field: i.name(), Err: err})
		case note != nil:
			c.notes = append(c.notes, &FieldError{Field: i.name(), Err: note})
		}
		c.texts[i] = sent
	}
	for _, e := range c.spaces.LeftOut() {
		err := normalized{CodeOf(e).Errorf("left out: %w", e.Err)}
		c.notes = append(c.notes, &FieldError{Field: e.Field, Err: err})
	}
	bad = append(bad, c.spaces.Validate()...)
	*optional = append(*optional, c.custom.Validate()...)
	return bad
}

// readText returns a text as it is sent, with what is noted about it, or an error.
func (c *claims) readText(i textClaim) (sent string, note, err error) {
	text := c.texts[i]
	if text == "" {
		return "", nil, texts[i].missing
	}
	sent, note, err = texts[i].read(text)
	if i == textSubject && err == nil && sent != c.allowed {
		err = checkIsID(sent)
	}
	return sent, note, err
}
