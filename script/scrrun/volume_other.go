//go:build !linux && !darwin && !windows

package scrrun

import "errors"

func systemLetters() []string { return nil }

func volumeOf(string) (volume, error) { return volume{}, errors.ErrUnsupported }
