/* Counters for LLVM's SanitizerCoverage: code that is compiled with `-sanitizer-coverage-trace-pc-guard` calls the second
   function at each place that it comes to. Only one thread at a time may be fuzzing. */
#include <stdint.h>

#define PLACES (1u << 20)

static uint32_t places;
static uint32_t count[PLACES];   /* how often, in this run */
static uint32_t touched[PLACES]; /* the places of this run */
static uint32_t touches;
static uint8_t known[PLACES];    /* for each place one bit for 1, 2, 3, 4-7, 8-15, 16-31, 32-127 and more times */
static uint64_t steps;

void __sanitizer_cov_trace_pc_guard_init(uint32_t *start, uint32_t *stop) {
    if (start == stop || *start != 0) return;
    for (; start < stop; start++) *start = places + 1 < PLACES ? ++places : 0;
}

void __sanitizer_cov_trace_pc_guard(uint32_t *guard) {
    uint32_t place = *guard;
    steps++;
    if (count[place]++ == 0) touched[touches++] = place;
}

static uint8_t bit(uint32_t times) {
    if (times < 4) return (uint8_t)(1 << (times - 1));
    if (times < 8) return 8;
    if (times < 16) return 16;
    if (times < 32) return 32;
    return times < 128 ? 64 : 128;
}

void posa_coverage_begin(void) {
    for (uint32_t at = 0; at < touches; at++) count[touched[at]] = 0;
    touches = 0;
    steps = 0;
}

/* How many places were reached for the first time, or more often than ever. */
uint32_t posa_coverage_news(void) {
    uint32_t news = 0;
    for (uint32_t at = 0; at < touches; at++) {
        uint8_t seen = bit(count[touched[at]]);
        news += (known[touched[at]] & seen) == 0;
        known[touched[at]] |= seen;
    }
    return news;
}

uint64_t posa_coverage_steps(void) { return steps; }

uint32_t posa_coverage_places(void) { return places; }
