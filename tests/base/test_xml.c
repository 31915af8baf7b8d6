// SPDX-License-Identifier: Apache-2.0
// XML in and out.
#include "base/xml.h"
#include "check.h"

#define LIMIT (64 * 1024 * 1024)

#define SAMPLE                                                                           \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                       \
    "<ResultSet xmlns=\"urn:yahoo:jp\" xmlns:x=\"urn:x\" totalResultsAvailable=\"1\">\n" \
    "  <!-- comment --><Status>OK</Status>\n"                                            \
    "  <OrderInfo><OrderId> shop-10000001 </OrderId><Memo>a &lt;b&gt; <![CDATA[<&c>]]>"  \
    "&#x9ad9;</Memo><Empty/><Blank> \n </Blank></OrderInfo>\n"                           \
    "  <x:OrderInfo x:id=\"7 &amp; 8\"/><Other/><OrderInfo/>\n"                          \
    "</ResultSet>"

static struct xml_node *parse(struct arena *arena, struct str text)
{
    struct xml_node *root;
    struct error e = {0};
    if (!xml_parse(arena, text, &root, &e)) {
        print_error("%s %s %s\n", e.code, e.what_en, e.peer_code);
        fail();
    }
    return root;
}

static void reads_a_document(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct xml_node *root = parse(arena, STR(SAMPLE));
    CHECK_STR(root->name, "ResultSet");
    assert_null(root->parent);
    CHECK_STR(xml_attribute_value(root, "totalResultsAvailable"), "1");
    CHECK_STR(xml_attribute_value(root, "missing"), NULL);
    CHECK_STR(xml_child_text(root, "Status"), "OK");
    struct xml_node *info = xml_child(root, "OrderInfo");
    CHECK_STR(xml_child_text(info, "OrderId"), "shop-10000001");
    CHECK_STR(xml_child(info, "OrderId")->text, " shop-10000001 ");
    CHECK_STR(xml_child_text(info, "Memo"), "a <b> <&c>髙");
    CHECK_STR(xml_child_text(info, "Empty"), NULL);
    CHECK_STR(xml_child_text(info, "Blank"), NULL);
    CHECK_STR(xml_child_text(info, "Missing"), NULL);
    assert_ptr_equal(info->parent, root);
    info = xml_next(info);
    CHECK_STR(xml_attribute_value(info, "id"), "7 & 8");
    info = xml_next(info); // skips <Other/>
    assert_non_null(info);
    assert_null(xml_next(info));
    assert_null(xml_child(NULL, "a"));
    assert_null(xml_next(NULL));
    CHECK_STR(xml_child_text(NULL, "a"), NULL);
    CHECK_STR(xml_attribute_value(NULL, "a"), NULL);
}

static void refuse(struct str text, const char *code)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct xml_node *root;
    struct error e = {0};
    if (xml_parse(arena, text, &root, &e)) {
        print_error("accepted: %.*s\n", STR_ARG(text));
        fail();
    }
    assert_null(root);
    CHECK_ERROR(&e, ERROR_MALFORMED, code);
}

static void refuses_what_is_not_xml(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "text",
                                      "<a>",
                                      "<a></b>",
                                      "<a/><b/>",
                                      "<a",
                                      "<a b></a>",
                                      "<a b=1/>",
                                      "<a>&nope;</a>",
                                      "<a>&#0;</a>",
                                      "<a>&#x1f;</a>",
                                      "<a>\x01</a>",
                                      "<a>\xff</a>",
                                      "<a>\xe3\x81</a>",
                                      "</a>",
                                      "<a b=\"1\" b=\"2\"/>",
                                      "<a>&lt</a>",
                                      "<a/>text",
                                      "<?xml version=\"1.0\"?>",
                                      "<a><![CDATA[x</a>"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuse(str_from(bad[i]), "xml.malformed");
}

static void refuses_what_libxml2_lets_pass(void **state)
{
    refuse(STR("<a/>\0"), "xml.malformed");
    refuse(STR("<a/>\0<b>"), "xml.malformed");
    refuse(STR("<a:b:c/>"), "xml.malformed");
    refuse(STR("<a:1/>"), "xml.malformed");
    refuse(STR("<a><:b/></a>"), "xml.malformed");
    AUTO_ARENA arena = arena_new(LIMIT);
    struct xml_node *root = parse(arena, STR("<x:a x:b='1'><y:c>2</y:c></x:a>")); // undeclared
    CHECK_STR(root->name, "a");
    CHECK_STR(xml_attribute_value(root, "b"), "1");
    CHECK_STR(xml_child_text(root, "c"), "2");
}

static void refuses_doctypes(void **state)
{
    refuse(STR("<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;\">"
               "<!ENTITY lol3 \"&lol2;&lol2;&lol2;&lol2;&lol2;\">]><lolz>&lol3;</lolz>"),
           "xml.doctype");
    refuse(STR("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>"),
           "xml.doctype");
    refuse(STR("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\"><a/>"), "xml.doctype");
    refuse(STR("<!DOCTYPE a><a/>"), "xml.doctype");
}

static void limits_depth(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    for (int depth = 60; depth <= 70; depth++) {
        AUTO_BUF text = buf_make(10000);
        for (int i = 0; i < depth; i++)
            buf_add(&text, STR("<a>"));
        for (int i = 0; i < depth; i++)
            buf_add(&text, STR("</a>"));
        if (depth <= 64)
            parse(arena, buf_str(&text));
        else
            refuse(buf_str(&text), "xml.too_deep");
    }
}

static void says_the_line(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct xml_node *root;
    struct error e = {0};
    assert_false(xml_parse(arena, STR("<a>\n<b>\n</c>\n</a>"), &root, &e));
    assert_non_null(strstr(e.what_en, "line 3"));
    assert_non_null(strstr(e.what_ja, "3行目"));
    assert_true(e.peer_code[0] != '\0');
}

static void refuses_every_truncation(void **state)
{
    struct str sample = STR(SAMPLE);
    AUTO_ARENA arena = arena_new(LIMIT);
    for (size_t cut = 0; cut < sample.n; cut++) {
        AUTO_FREE char *copy = memory_alloc(cut);
        memcpy(copy, sample.p, cut);
        struct xml_node *root;
        struct error e = {0};
        assert_false(xml_parse(arena, str_make(copy, cut), &root, &e));
        assert_int_equal(e.class, ERROR_MALFORMED);
        arena_reset(arena);
    }
}

// Many pieces of text must not cost the square of their length.
static void joins_many_pieces(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    AUTO_BUF text = buf_make(8 << 20);
    buf_add(&text, STR("<a>"));
    for (int i = 0; i < 300000; i++)
        buf_add(&text, STR("x&amp;"));
    buf_add(&text, STR("</a>"));
    struct xml_node *root = parse(arena, buf_str(&text));
    assert_int_equal(root->text.n, 600000);
    assert_int_equal(root->text.p[599999], '&');
    assert_true(arena_used(arena) < 4000000);
}

static void ignores_the_declared_encoding(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct xml_node *root =
        parse(arena, STR("<?xml version=\"1.0\" encoding=\"EUC-JP\"?><a>受注①</a>"));
    CHECK_STR(root->text, "受注①");
}

static bool parse_with_error(struct str text, struct error *e)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    struct xml_node *root;
    return arena ? xml_parse(arena, text, &root, e) : error_no_memory(e);
}

static void survives_lack_of_memory(void **state)
{
    struct error e = {0};
    EACH_ALLOCATION_FAILS(parse_with_error(STR(SAMPLE), &e), &e);
    int refusals = 0;
    for (size_t limit = 1;; limit += 16, refusals++) {
        AUTO_ARENA tiny = arena_new(limit);
        struct xml_node *root;
        if (xml_parse(tiny, STR(SAMPLE), &root, &e))
            break;
        CHECK_ERROR(&e, ERROR_NO_MEMORY, "memory.exhausted");
    }
    assert_in_range(refusals, 50, 500);
}

static void writes_what_it_reads(void **state)
{
    AUTO_ARENA arena = arena_new(LIMIT);
    AUTO_BUF out = buf_make(10000);
    buf_add(&out, STR("<r>"));
    xml_add_element(&out, "a", STR("<&>\"'髙\r\n\x01\x1b"));
    xml_add_element(&out, "absent", STR_ABSENT);
    xml_add_element(&out, "empty", STR(""));
    xml_add_cdata(&out, "c", STR("]]>x]]]>\x02 <&>"));
    xml_add_cdata(&out, "d", STR("]]\x01>"));
    xml_add_element(&out, "broken", STR("\xff\xef\xbf\xbf"));
    buf_add(&out, STR("</r>"));
    assert_false(out.failed);
    assert_true(str_find(buf_str(&out), STR("<absent/><empty></empty>")) > 0);
    struct xml_node *root = parse(arena, buf_str(&out));
    CHECK_STR(xml_child(root, "a")->text, "<&>\"'髙\r\n");
    CHECK_STR(xml_child(root, "c")->text, "]]>x]]]> <&>");
    CHECK_STR(xml_child(root, "d")->text, "]]>");
    CHECK_STR(xml_child(root, "broken")->text, "\xef\xbf\xbd");
    AUTO_BUF tiny = buf_make(10);
    xml_add_cdata(&tiny, "c", STR("too long for it"));
    assert_true(tiny.failed);
    AUTO_BUF unlucky = buf_make(1000);
    buf_add(&unlucky, STR("x"));
    memory_fail_at(1, 0);
    xml_add_cdata(&unlucky, "c", STR("x"));
    memory_fail_at(0, 0);
    assert_true(unlucky.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_document),
        cmocka_unit_test(refuses_what_is_not_xml),
        cmocka_unit_test(refuses_what_libxml2_lets_pass),
        cmocka_unit_test(refuses_doctypes),
        cmocka_unit_test(limits_depth),
        cmocka_unit_test(says_the_line),
        cmocka_unit_test(refuses_every_truncation),
        cmocka_unit_test(joins_many_pieces),
        cmocka_unit_test(ignores_the_declared_encoding),
        cmocka_unit_test(survives_lack_of_memory),
        cmocka_unit_test(writes_what_it_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
