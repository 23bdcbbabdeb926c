const char* data = "/home/someone/recordings";
const char* fine = "relative/home/someone";
// Found in issue 12.
