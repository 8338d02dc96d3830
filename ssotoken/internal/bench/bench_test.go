package main

import "testing"

func TestEveryMintSaysTheSameClaims(t *testing.T) {
	for _, p := range []payload{minimal, full, busy} {
		for _, m := range mints {
			t.Run(p.name+"/"+m.name, func(t *testing.T) {
				if _, err := m.ready(p); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
	for _, m := range append([]mint{floors[aToken], floors[aURL]}, ours...) {
		p := manySpaces(1000)
		t.Run(p.name+"/"+m.name, func(t *testing.T) {
			if _, err := m.ready(p); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The test above proves something only if other claims fail it.
func TestAnotherClaimIsNoticed(t *testing.T) {
	tests := []struct {
		name string
		json string
	}{
		{"another value", `{"sub":"user-20418","name":"Ada Lovelace","email":"ada.lovelace@example.com"`},
		{"a claim more", minimal.json + `,"tagline":"x"`},
		{"a claim less", `{"sub":"user-20417","name":"Ada Lovelace"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			other := payload{name: "other", json: test.json}
			op, err := floorToken(other)
			if err != nil {
				t.Fatal(err)
			}
			if err := floors[aToken].prove(other, op); err != nil {
				t.Fatalf("against itself: %v", err)
			}
			if err := floors[aToken].prove(minimal, op); err == nil {
				t.Error("passed for the minimal payload")
			}
		})
	}
}

func BenchmarkMint(b *testing.B) {
	for _, p := range []payload{minimal, full, busy} {
		for _, m := range mints {
			b.Run(p.name+"/"+m.name, func(b *testing.B) {
				op, err := m.ready(p)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if _, err := op(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkParallel(b *testing.B) {
	for _, m := range append([]mint{floors[aToken], floors[aURL]}, ours...) {
		b.Run(m.name, func(b *testing.B) {
			b.RunParallel(func(pb *testing.PB) {
				op, err := m.ready(full)
				if err != nil {
					b.Error(err)
					return
				}
				for pb.Next() {
					if _, err := op(); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
