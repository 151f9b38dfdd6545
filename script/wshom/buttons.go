package wshom

// Buttons returns the numbers of the buttons that a message shows, in their order, with
// buttons as MsgBox and Popup have them. "MsgBox Constants"
func Buttons(buttons int) []int {
	rows := [][]int{{1}, {1, 2}, {3, 4, 5}, {6, 7, 2}, {6, 7}, {4, 2}, {2, 10, 11}}
	if n := buttons & 0xf; n < len(rows) {
		return rows[n]
	}
	return rows[0]
}

// DefaultButton returns the number of the button that Enter presses in a message.
func DefaultButton(buttons int) int {
	row := Buttons(buttons)
	return row[min(buttons>>8&0x3, len(row)-1)]
}

// ButtonName returns the name of a button, "" for a number that is none.
func ButtonName(button int) string {
	names := []string{"", "OK", "Cancel", "Abort", "Retry", "Ignore", "Yes", "No", "", "", "Try Again", "Continue"}
	if button < 0 || button >= len(names) {
		return ""
	}
	return names[button]
}
