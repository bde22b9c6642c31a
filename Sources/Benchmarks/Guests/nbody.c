// Five bodies under gravity for 500,000 steps: floating-point arithmetic with square roots.
#include <math.h>
#include <stdio.h>

enum { bodies = 5, steps = 500000 };

typedef struct {
    double position[3], velocity[3], mass;
} Body;

static Body body[bodies] = {
    {{0, 0, 0}, {0, 0, 0}, 39.5},
    {{4.84, -1.16, -0.10}, {0.61, 2.81, -0.03}, 0.0377},
    {{8.34, 4.12, -0.40}, {-1.01, 1.82, 0.008}, 0.0113},
    {{12.89, -15.11, -0.22}, {1.08, 0.87, -0.01}, 0.0017},
    {{15.38, -25.92, 0.18}, {0.98, 0.59, -0.03}, 0.0020},
};

static double energy(void) {
    double sum = 0;
    for (int i = 0; i < bodies; i++) {
        double *v = body[i].velocity;
        sum += body[i].mass * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) / 2;
        for (int j = i + 1; j < bodies; j++) {
            double squares = 0;
            for (int k = 0; k < 3; k++) {
                double d = body[i].position[k] - body[j].position[k];
                squares += d * d;
            }
            sum -= body[i].mass * body[j].mass / sqrt(squares);
        }
    }
    return sum;
}

static void advance(double dt) {
    for (int i = 0; i < bodies; i++)
        for (int j = i + 1; j < bodies; j++) {
            double d[3], squares = 0;
            for (int k = 0; k < 3; k++) {
                d[k] = body[i].position[k] - body[j].position[k];
                squares += d[k] * d[k];
            }
            double magnitude = dt / (squares * sqrt(squares));
            for (int k = 0; k < 3; k++) {
                body[i].velocity[k] -= d[k] * body[j].mass * magnitude;
                body[j].velocity[k] += d[k] * body[i].mass * magnitude;
            }
        }
    for (int i = 0; i < bodies; i++)
        for (int k = 0; k < 3; k++) body[i].position[k] += dt * body[i].velocity[k];
}

int main(void) {
    double before = energy();
    for (int step = 0; step < steps; step++) advance(0.001);
    double drift = fabs(energy() / before - 1);
    printf("energy %.9f\n", energy());
    return drift > 0.01;
}
