package punycode_test

import (
	"testing"

	"github.com/bettermode-go/sso/ssotoken/internal/punycode"
)

// The A-labels are those of the punycode codec of Python.
func TestALabelHasTheLengthOfItsALabel(t *testing.T) {
	for label, want := range map[string]string{
		"": "", "example": "example", "bücher": "xn--bcher-kva", "ü": "xn--tda", "пример": "xn--e1afmkfd", "рф": "xn--p1ai",
		"例え": "xn--r8jz45g", "テスト": "xn--zckzah", "مثال": "xn--mgbh0fb", "उदाहरण": "xn--p1b6ci4b4b3a", "a😀b": "xn--ab-no82a", "😀": "xn--e28h",
		"münchen-ost": "xn--mnchen-ost-9db", "ليهمابتكلموشعربي؟": "xn--egbpdaj6bu4bxfgehfvwxn", "ひとつ屋根の下2": "xn--2-u9tlzr9756bt3uc0v",
	} {
		if got := punycode.Length(label); got != len(want) {
			t.Errorf("%s has %d bytes, not the %d of %s", label, got, len(want), want)
		}
	}
}
