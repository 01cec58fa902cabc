/* asset.c: see asset.h. */
#include "ledger/asset.h"

#include <assert.h>
#include <string.h>

/* The currencies of ISO 4217 (list one, amendment 177) by their number of minor units; funds codes, precious
 * metals and codes for testing have no minor unit there and are left to ASSET. BTC and ETH count satoshi and
 * wei. */
static const struct {
    unsigned scale;
    const char *codes; /* of three letters each */
} known[] = {
    {0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"},
    {2, "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
        "CDF "
        "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ "
        "GYD "
        "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK "
        "MNT "
        "MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB "
        "SAR "
        "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN "
        "UYU "
        "UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"},
    {3, "BHD IQD JOD KWD LYD OMR TND"},
    {4, "CLF UYW"},
    {8, "BTC"},
    {18, "ETH"},
};
#define CODE_LENGTH 3

struct asset_tag asset_tag_of(struct slice code, unsigned scale)
{
    assert(code.length <= ASSET_CODE_MAX && scale <= AMOUNT_SCALE_MAX);
    struct asset_tag tag = {.length = (uint8_t)code.length, .scale = (uint8_t)scale};
    memcpy(tag.code, code.text, code.length);
    return tag;
}

bool asset_tag_equal(const struct asset_tag *a, const struct asset_tag *b)
{
    return a->length == b->length && a->code[0] == b->code[0] && memcmp(a->code, b->code, a->length) == 0;
}

void assets_init(struct assets *assets)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (const char *code = known[i].codes; *code != '\0'; code += code[CODE_LENGTH] == ' ' ? 4 : 3) {
            struct asset_tag tag = asset_tag_of((struct slice){code, CODE_LENGTH}, known[i].scale);
            assets_add(assets, &tag);
        }
    }
}

/* The slot of a code, or the free one where it belongs. */
static uint32_t slot_find(const struct assets *assets, const char *code, size_t length)
{
    uint32_t hash = 2166136261; /* FNV-1a */
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)code[i]) * 16777619;
    for (uint32_t slot = hash % ASSET_SLOTS;; slot = (slot + 1) % ASSET_SLOTS) {
        uint16_t row = assets->slots[slot];
        if (row == 0)
            return slot;
        const struct asset_tag *tag = &assets->rows[row - 1].tag;
        if (tag->length == length && memcmp(tag->code, code, length) == 0)
            return slot;
    }
}

struct asset *assets_find(const struct assets *assets, const char *code, size_t length)
{
    uint16_t row = assets->slots[slot_find(assets, code, length)];
    return row != 0 ? (struct asset *)(uintptr_t)&assets->rows[row - 1] : NULL;
}

struct asset *assets_add(struct assets *assets, const struct asset_tag *tag)
{
    if (assets->count == ASSETS_MAX)
        return NULL;
    assets->slots[slot_find(assets, tag->code, tag->length)] = (uint16_t)(assets->count + 1);
    struct asset *asset = &assets->rows[assets->count];
    asset->tag = *tag;
    asset->world.asset = (uint16_t)assets->count++;
    return asset;
}

struct asset *assets_world(const struct assets *assets, const char *id, size_t length)
{
    const size_t prefix = sizeof WORLD_ID; /* with a '/' in the place of its NUL */
    if (length <= prefix)
        return NULL;
    return assets_find(assets, id + prefix, length - prefix);
}
