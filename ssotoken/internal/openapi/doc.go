// Package openapi holds only tests: they validate what the fake community answers, and is sent, against the
// OpenAPI document that it serves. It is a module of its own for the validator.
package openapi
