/* client_url.c: which texts are URLs of a server, and what they say. */
#include <criterion/criterion.h>
#include <string.h>

#include "client/url.h"

Test(url, tells_where_a_server_is)
{
    static const struct {
        const char *text;
        const char *host;
        const char *port;
        const char *socket;
    } cases[] = {
        {"bursar://db", "db", "7171", NULL},
        {"bursar://db:9000", "db", "9000", NULL},
        {"BURSAR://db:65535/", "db", "65535", NULL},
        {"bursar://[::1]", "::1", "7171", NULL},
        {"bursar://[fe80::1%25eth0]:1", "fe80::1%eth0", "1", NULL},
        {"unix:///run/bursar", NULL, NULL, "/run/bursar"},
        {"bursar+unix:///a%20b%2Fc", NULL, NULL, "/a b/c"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct place place = {.host = "before", .socket = "before"};
        struct url url;
        const char *why = "";
        cr_assert(url_parse(cases[i].text, &url, &place, &why), "%s: %s", cases[i].text, why);
        if (cases[i].socket != NULL) {
            cr_assert_str_eq(place.socket, cases[i].socket);
            continue;
        }
        cr_assert_str_eq(place.host, cases[i].host, "%s: %s", cases[i].text, place.host);
        cr_assert_str_eq(place.port, cases[i].port);
        cr_assert_null(place.socket);
    }
}

Test(url, says_what_is_wrong_with_others)
{
    static const struct {
        const char *text;
        const char *why;
    } cases[] = {
        {"", "it begins with no scheme"},
        {"localhost:7171", "it begins with no scheme"},
        {"redis://localhost", "it begins with another scheme"},
        {"bursar://", "it names no host"},
        {"bursar://:7171", "it names no host"},
        {"bursar://[]", "it names no host"},
        {"bursar://[::1", "the bracket before an IPv6 address is not closed"},
        {"bursar://h:", "its port is not a whole number from 1 to 65535"},
        {"bursar://h:0", "its port is not a whole number from 1 to 65535"},
        {"bursar://h:65536", "its port is not a whole number from 1 to 65535"},
        {"bursar://h:+1", "its port is not a whole number from 1 to 65535"},
        {"bursar://h:123456789", "its port is not a whole number from 1 to 65535"},
        {"bursar://[::1]7", "its port is not a whole number from 1 to 65535"},
        {"bursar://user@h", "there are no users and passwords"},
        {"bursar://h/0", "nothing may follow host and port"},
        {"bursar://h?x", "nothing may follow host and port"},
        {"bursar://%zz", "% must be followed by two hexadecimal digits"},
        {"bursar://%00", "% must be followed by two hexadecimal digits"},
        {"unix://run/bursar", "the path of a Unix socket begins with a third slash"},
        {"unix:///", "the path of a Unix socket begins with a third slash"},
        {"unix:///a#b", "nothing may follow the path"},
        {"unix:///a%2", "% must be followed by two hexadecimal digits"},
    };
    struct place place;
    struct url url;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *why = "";
        cr_assert_not(url_parse(cases[i].text, &url, &place, &why), "%s", cases[i].text);
        cr_assert_str_eq(why, cases[i].why, "%s: %s", cases[i].text, why);
    }
}

Test(url, has_bounds)
{
    char text[400] = "unix:///";
    struct place place;
    struct url url;
    const char *why = "";
    memset(text + 8, 'a', sizeof url.socket - 2); /* with the slash and the NUL it is just whole */
    text[8 + sizeof url.socket - 2] = '\0';
    cr_assert(url_parse(text, &url, &place, &why));
    text[8 + sizeof url.socket - 2] = 'a';
    text[8 + sizeof url.socket - 1] = '\0';
    cr_assert_not(url_parse(text, &url, &place, &why));
    cr_assert_str_eq(why, "it is too long");
}
