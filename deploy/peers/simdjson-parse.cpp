// link: -lsimdjson
// Parses the files named on the command line into simdjson's DOM, with one parser that is reused; keeps the line protocol
// of Sources/benchmark/PeerProcess.swift.
#include <simdjson.h>

#include <cstdio>
#include <ctime>
#include <vector>

int main(int count, char **names) {
    std::vector<simdjson::padded_string> texts;
    for (int index = 1; index < count; index++) {
        simdjson::padded_string text;
        if (simdjson::padded_string::load(names[index]).get(text)) {
            std::printf("missing %s\n", names[index]);
            return 1;
        }
        texts.push_back(std::move(text));
    }
    simdjson::dom::parser parser;
    std::puts("ready");
    std::fflush(stdout);
    long times;
    while (std::scanf("%ld", &times) == 1) {
        timespec start, end;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
        for (long time = 0; time < times; time++) {
            for (auto &text : texts) {
                simdjson::dom::element root;
                if (parser.parse(text).get(root)) return 1;
            }
        }
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
        std::printf("%.0f\n", (end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec));
        std::fflush(stdout);
    }
}
