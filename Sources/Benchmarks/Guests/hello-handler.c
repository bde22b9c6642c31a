// The least that a handler can answer.
#include <unistd.h>

int main(void) {
    static const char answer[] = "content-type: text/plain\n\nHello, world!\n";
    return write(1, answer, sizeof answer - 1) < 0;
}
