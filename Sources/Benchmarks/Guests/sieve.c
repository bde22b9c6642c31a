// The primes below 5,000,000, found ten times: byte loads, byte stores and a tight loop.
#include <stdio.h>
#include <string.h>

enum { limit = 5000000, repetitions = 10 };

static unsigned char composite[limit];

int main(void) {
    int count = 0;
    for (int repetition = 0; repetition < repetitions; repetition++) {
        memset(composite, 0, sizeof composite);
        count = 0;
        for (int i = 2; i < limit; i++) {
            if (composite[i]) continue;
            count++;
            for (long long j = (long long)i * i; j < limit; j += i) composite[j] = 1;
        }
    }
    printf("%d primes\n", count);
    return count != 348513;
}
