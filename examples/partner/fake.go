package main

import "github.com/bettermode-go/sso/ssotoken/ssotest"

// fakePremiumSpace is the id of the fake community's space for the premium plan.
const fakePremiumSpace = "spc-premium-0003"

// newFakeCommunity makes a community whose settings point at the partner.
func newFakeCommunity(partner string) (*ssotest.Handler, error) {
	return ssotest.NewHandler(ssotest.Config{Settings: ssotest.Settings{
		AuthorizationURL:   partner + loginPath,
		SignUpURL:          partner + signUpPath,
		LogoutURL:          partner + logoutPath,
		AccountSettingsURL: partner + accountPath,
		OtherLoginMethods:  true,
		LoginButtonText:    "Log in with Partner",
		Spaces:             []ssotest.Space{{ID: "spc-news-0001", Name: "News", Slug: "news"}, {ID: "spc-help-0002", Name: "Help", Slug: "help"}, {ID: fakePremiumSpace, Name: "Premium", Slug: "premium"}},
		CustomFields: []ssotest.CustomField{
			{Name: "Company", Type: ssotest.Text, ExternalKeys: []string{"company"}},
			{Name: "Plan", Type: ssotest.Text, ExternalKeys: []string{"plan"}},
		},
	}})
}
