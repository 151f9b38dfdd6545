package plugin_test

func freeze() {}
