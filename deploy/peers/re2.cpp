// link: -lre2
// RE2 over the lines of a file, by the line protocol of the benchmarks:
//   re2 match|capture PATTERN FILE
#include <re2/re2.h>
#include <time.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

static long long cpuNanoseconds() {
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int, char** arguments) {
    std::ifstream file(arguments[3]);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    RE2 pattern(arguments[2]);
    if (!pattern.ok()) {
        std::cout << "missing " << pattern.error() << std::endl;
        return 1;
    }
    bool wantsGroups = std::string(arguments[1]) == "capture";
    int count = wantsGroups ? pattern.NumberOfCapturingGroups() + 1 : 0;
    std::vector<re2::StringPiece> groups(count + 1);
    long matched = 0;
    std::cout << "ready" << std::endl;
    for (long times; std::cin >> times;) {
        long long start = cpuNanoseconds();
        for (long time = 0; time < times; time++) {
            for (const std::string& line : lines) {
                matched += pattern.Match(line, 0, line.size(), RE2::UNANCHORED, groups.data(), count);
            }
        }
        std::cout << cpuNanoseconds() - start << std::endl;
    }
    return matched < 0;
}
