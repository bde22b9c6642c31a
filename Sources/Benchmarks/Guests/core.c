/* A mix in the spirit of CoreMark, whose source is its own: linked lists that are searched, reversed and sorted, small
 * integer matrices, a state machine that reads numbers, and a CRC over what each of them found. */

#include <stdint.h>
#include <stdio.h>

static uint16_t crc_byte(uint8_t data, uint16_t crc) {
    for (int bit = 0; bit < 8; bit++) {
        int carry = (data ^ crc) & 1;
        data >>= 1;
        crc >>= 1;
        if (carry) crc ^= 0xA001;
    }
    return crc;
}

static uint16_t crc_word(uint32_t data, uint16_t crc) {
    for (int shift = 0; shift < 32; shift += 8) crc = crc_byte((uint8_t)(data >> shift), crc);
    return crc;
}

/* Lists */

struct item {
    struct item *next;
    int16_t key;
    int16_t position;
};

#define ITEM_COUNT 200
static struct item items[ITEM_COUNT];

static struct item *make_list(uint32_t seed) {
    for (int index = 0; index < ITEM_COUNT; index++) {
        seed = seed * 1103515245u + 12345u;
        items[index].key = (int16_t)(seed >> 16);
        items[index].position = (int16_t)index;
        items[index].next = index + 1 < ITEM_COUNT ? &items[index + 1] : NULL;
    }
    return items;
}

static struct item *find(struct item *list, int16_t key) {
    while (list && list->key != key) list = list->next;
    return list;
}

static struct item *reverse(struct item *list) {
    struct item *result = NULL;
    while (list) {
        struct item *next = list->next;
        list->next = result;
        result = list;
        list = next;
    }
    return result;
}

typedef int (*comparison)(const struct item *, const struct item *);

static int by_key(const struct item *left, const struct item *right) { return left->key - right->key; }
static int by_position(const struct item *left, const struct item *right) { return left->position - right->position; }

/* Merges runs of growing length, in place. */
static struct item *sort(struct item *list, comparison compare) {
    for (int length = 1;; length *= 2) {
        struct item *rest = list, **tail = &list;
        int merges = 0;
        while (rest) {
            struct item *left = rest, *right = rest;
            int left_count = 0, right_count = length;
            merges++;
            while (right && left_count < length) {
                right = right->next;
                left_count++;
            }
            while (left_count > 0 || (right_count > 0 && right)) {
                struct item *taken;
                if (left_count > 0 && (right_count == 0 || !right || compare(left, right) <= 0)) {
                    taken = left;
                    left = left->next;
                    left_count--;
                } else {
                    taken = right;
                    right = right->next;
                    right_count--;
                }
                *tail = taken;
                tail = &taken->next;
            }
            rest = right;
        }
        *tail = NULL;
        if (merges <= 1) return list;
    }
}

static uint16_t run_list(uint32_t seed, uint16_t crc) {
    struct item *list = make_list(seed);
    for (int index = 0; index < ITEM_COUNT; index += 5) {
        struct item *found = find(list, items[index].key);
        if (found) crc = crc_word((uint32_t)found->position, crc);
        list = reverse(list);
    }
    list = sort(list, by_key);
    for (struct item *item = list; item; item = item->next) crc = crc_word((uint16_t)item->key, crc);
    list = sort(list, by_position);
    return crc_word((uint16_t)list->key, crc);
}

/* Matrices */

#define SIDE 16
static int16_t first[SIDE][SIDE], second[SIDE][SIDE];
static int32_t product[SIDE][SIDE];

static uint16_t run_matrix(int16_t value, uint16_t crc) {
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            first[row][column] = (int16_t)(row * column + value);
            second[row][column] = (int16_t)(row - column + value);
        }
    for (int row = 0; row < SIDE; row++)
        for (int column = 0; column < SIDE; column++) {
            int32_t sum = 0;
            for (int index = 0; index < SIDE; index++) {
                int32_t term = (int32_t)first[row][index] * second[index][column];
                sum += ((term >> 2) & 0x0f) * ((term >> 5) & 0x7f) + term;
            }
            product[row][column] = sum;
        }
    for (int row = 0; row < SIDE; row++) crc = crc_word((uint32_t)product[row][SIDE - 1 - row], crc);
    return crc;
}

/* A state machine that tells integers, decimals and exponents in a text from anything else */

enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, INVALID, STATE_COUNT };

static enum state step(enum state state, char character) {
    int is_digit = character >= '0' && character <= '9';
    switch (state) {
    case START: return is_digit ? INTEGER : character == '+' || character == '-' ? SIGN : character == '.' ? POINT : INVALID;
    case SIGN: return is_digit ? INTEGER : character == '.' ? POINT : INVALID;
    case INTEGER: return is_digit ? INTEGER : character == '.' ? FRACTION : character == 'e' ? EXPONENT : INVALID;
    case POINT: return is_digit ? FRACTION : INVALID;
    case FRACTION: return is_digit ? FRACTION : character == 'e' ? EXPONENT : INVALID;
    case EXPONENT: return is_digit ? SCIENTIFIC : character == '+' || character == '-' ? EXPONENT_SIGN : INVALID;
    case EXPONENT_SIGN: return is_digit ? SCIENTIFIC : INVALID;
    case SCIENTIFIC: return is_digit ? SCIENTIFIC : INVALID;
    default: return INVALID;
    }
}

static char text[] = "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,+0.6e-12,T0.3e-1F,"
                     "-T.T++Tq,1T3.4e4z,34.0e-T^";

static uint16_t run_states(uint8_t seed, uint16_t crc) {
    uint32_t finals[STATE_COUNT] = {0}, visits[STATE_COUNT] = {0};
    for (int round = 0; round < 2; round++) {
        for (size_t index = seed; index < sizeof text - 1; index += seed + 7)
            if (text[index] != ',') text[index] ^= seed;
        enum state state = START;
        for (const char *next = text; *next; next++) {
            if (*next == ',') {
                finals[state]++;
                state = START;
            } else {
                state = step(state, *next);
                visits[state]++;
            }
        }
    }
    for (int state = 0; state < STATE_COUNT; state++) crc = crc_word(finals[state] + visits[state], crc);
    return crc;
}

int main(void) {
    uint16_t crc = 0;
    for (int round = 0; round < 6000; round++) {
        crc = run_list((uint32_t)round, crc);
        crc = run_matrix((int16_t)round, crc);
        crc = run_states((uint8_t)(round & 7), crc);
    }
    printf("%04x\n", crc);
    return crc == 0xba54 ? 0 : 1;
}
