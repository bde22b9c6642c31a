// A product of two 300 by 300 matrices of doubles, three times: floating-point loads, multiplications, additions.
#include <stdio.h>

enum { size = 300, repetitions = 3 };

static double a[size][size], b[size][size], product[size][size];

int main(void) {
    for (int i = 0; i < size; i++)
        for (int j = 0; j < size; j++) {
            a[i][j] = (i * 7 + j) % 13;
            b[i][j] = (i + j * 5) % 11;
        }
    double trace = 0;
    for (int repetition = 0; repetition < repetitions; repetition++) {
        for (int i = 0; i < size; i++)
            for (int j = 0; j < size; j++) {
                double sum = 0;
                for (int k = 0; k < size; k++) sum += a[i][k] * b[k][j];
                product[i][j] = sum;
            }
        trace = 0;
        for (int i = 0; i < size; i++) trace += product[i][i];
    }
    printf("trace %.0f\n", trace);
    return 0;
}
