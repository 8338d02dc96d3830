package ssotest_test
import ("testing";"net/http";"net/http/httptest";"fmt";"context"
 "github.com/bettermode-go/sso/ssotoken"
"github.com/bettermode-go/sso/ssotoken/ssotest")
func addr(h *ssotest.Handler, n int) string {
 s,_ := ssotoken.New(ssotoken.Config{Community:"http://localhost", Key:h.Key()})
 cl,err := ssotoken.NewClaims().Subject(fmt.Sprintf("u-%d",n%1000)).Name("Ada Lovelace").VerifiedEmail(fmt.Sprintf("u%d@example.com",n%1000)).Tagline(fmt.Sprintf("Writes notes on engines, and programs for them %d",n)).Picture("https://cdn.example.com/avatars/20417/ada.png").Build()
 if err!=nil {panic(err)}
 a,err := s.LoginURL(context.Background(), cl, ssotoken.ReturnPath{})
 if err!=nil {panic(err)}
 return a
}
func BenchmarkLogin(b *testing.B){
 h,_ := ssotest.NewHandler(ssotest.Config{})
 n:=0
 one := func(){ n++; visit(h, httptest.NewRequest(http.MethodGet, addr(h,n), nil)) }
 for range 10000 { one() }
 b.ResetTimer()
 for b.Loop() { one() }
}
func BenchmarkSnapshot(b *testing.B){
 h,_ := ssotest.NewHandler(ssotest.Config{})
 for n := range 10000 { visit(h, httptest.NewRequest(http.MethodGet, addr(h,n), nil)) }
 b.ResetTimer()
 for b.Loop() { h.Snapshot() }
}
