"""What a test finds: counted as it goes, told at its end."""

SKIPPED = 77
NO_PUBLIC_CLIENT = "the npm package onvif is not installed; tools/setup.sh does it where there is npm"
MOST_TOLD = 20


class Judge:
    def __init__(self):
        self.checks, self.findings = 0, []

    def expect(self, right, what):
        self.checks += 1
        if not right:
            self.findings.append(what)

    def verdict(self, *missing):
        """The exit code: 1 when anything was wrong, 77 when all was right and something could not be tried. `missing` says why, or is empty."""
        for finding in self.findings[:MOST_TOLD]:
            print(f"wrong: {finding}")
        print(f"{self.checks} checks, {len(self.findings)} wrong")
        if self.findings:
            return 1
        for reason in filter(None, missing):
            print(f"skipped: {reason}")
            return SKIPPED
        return 0
