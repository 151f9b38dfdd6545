package plugin

// onlyTCP says that there are no unix sockets for programs.
const onlyTCP = true
