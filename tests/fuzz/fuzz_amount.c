/* fuzz_amount.c: any bytes as an amount: what is accepted is digits with at most one point, comes back as the
 * same number when written, and means the same in every asset that has room for it.
 */
#include "proto/amount.h"
#include "tests/fuzz/fuzz.h"

/* Whether `written` is `text` without the leading zeros of its whole part. */
static void same_number_check(const char *text, size_t size, const char *written, size_t length)
{
    while (size > 1 && text[0] == '0' && text[1] != '.') {
        text++;
        size--;
    }
    check(size == length && memcmp(text, written, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    struct decimal decimal;
    if (decimal_parse(text, size, &decimal) != DECIMAL_OK)
        return 0;
    char written[AMOUNT_TEXT_MAX];
    same_number_check(text, size, written, decimal_format(decimal, written));

    struct decimal normalized = decimal_normalize(decimal);
    check(normalized.digits == 0 || normalized.mantissa % 10 != 0);
    for (unsigned scale = 0; scale <= AMOUNT_SCALE_MAX; scale++) {
        amount_t amount = 0;
        amount_t again = 0;
        if (!decimal_to_amount(decimal, scale, &amount))
            continue;
        check(decimal_to_amount(normalized, scale, &again) && again == amount);
        struct decimal back;
        size_t length = amount_format(amount, scale, written);
        check(decimal_parse(written, length, &back) == DECIMAL_OK);
        check(back.mantissa == amount && back.digits == scale);
    }
    return 0;
}
