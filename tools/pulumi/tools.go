//go:build tools

// Package tools pins the Pulumi CLI, so that `make pulumi` can build it from
// its Go modules where no released binary can be downloaded.
package tools

import (
	_ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
)
