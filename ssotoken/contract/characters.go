package contract

import "unicode"

// The kinds of characters that rules about texts are about. They are the
// standards' own lists, in the version of Unicode that package unicode has.
var (
	// BidiFormatting turns the direction of the text around it, past its own end
	// if it is not closed: embeddings, overrides and isolates, and what ends them
	// (UAX #9, sections 2.1 to 2.5). The implicit marks U+061C, U+200E and U+200F
	// are not among them: they stand for a letter that is not seen, and names of
	// two directions need them.
	BidiFormatting = &unicode.RangeTable{R16: []unicode.Range16{{Lo: 0x202a, Hi: 0x202e, Stride: 1}, {Lo: 0x2066, Hi: 0x2069, Stride: 1}}}

	// Invisible is what a reader does not see: Default_Ignorable_Code_Point (UAX
	// #44), and the other format characters. Every bidi control is among them.
	Invisible = []*unicode.RangeTable{unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector}

	// JoiningScripts are those in which a joiner or non-joiner between two
	// letters is spelling (RFC 5892, appendix A.1 and A.2): the cursive ones, and
	// those with a virama.
	JoiningScripts = []*unicode.RangeTable{
		unicode.Arabic, unicode.Syriac, unicode.Mandaic, unicode.Mongolian, unicode.Nko, unicode.Adlam, unicode.Hanifi_Rohingya,
		unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu,
		unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
	}

	// HostLetters are the characters beyond ASCII that a label of a domain name
	// may have: letters, marks and digits (RFC 5892, section 2.1), and its
	// exceptions (section 2.6).
	HostLetters = []*unicode.RangeTable{unicode.L, unicode.M, unicode.Nd, {
		R16: []unicode.Range16{{Lo: 0xb7, Hi: 0xb7, Stride: 1}, {Lo: 0x375, Hi: 0x375, Stride: 1}, {Lo: 0x5f3, Hi: 0x5f4, Stride: 1}, {Lo: 0x6fd, Hi: 0x6fe, Stride: 1},
			{Lo: 0xf0b, Hi: 0xf0b, Stride: 1}, {Lo: 0x3007, Hi: 0x3007, Stride: 1}, {Lo: 0x30fb, Hi: 0x30fb, Stride: 1}},
		LatinOffset: 1,
	}}

	// MappedLetters are letters that look like others, and that UTS #46 maps to
	// them: letterlike symbols, ligatures, half-width and full-width forms,
	// mathematical letters.
	MappedLetters = &unicode.RangeTable{
		R16: []unicode.Range16{{Lo: 0x2100, Hi: 0x214f, Stride: 1}, {Lo: 0xfb00, Hi: 0xfb06, Stride: 1}, {Lo: 0xff00, Hi: 0xffef, Stride: 1}},
		R32: []unicode.Range32{{Lo: 0x1d400, Hi: 0x1d7ff, Stride: 1}},
	}
)

// The joiners of JoiningScripts and of emoji, and the selector of an emoji's
// colours (UTS #51).
const (
	NonJoiner     = '\u200c'
	Joiner        = '\u200d'
	EmojiSelector = '\ufe0f'
)

// NotInURL are the printable ASCII characters that a URL never has unencoded (RFC
// 3986, appendix A). The square brackets are those of an IPv6 address; browsers
// take them in paths and queries too.
const NotInURL = "\"<>\\^`{|}"
