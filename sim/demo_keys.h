// SPDX-License-Identifier: Apache-2.0
//
// Keys that let a shop into mallsim's Yahoo, and nowhere else: invented names and an RSA pair made
// for this file. They guard nothing, are public, and must never be used outside the simulator.
// The program's demo mode and --demo-keys fill a shop's settings from here.
#ifndef JUCHU_SIM_DEMO_KEYS_H
#define JUCHU_SIM_DEMO_KEYS_H

#define SIM_MAKESHOP_SHOP_ID "juchudemo"
#define SIM_MAKESHOP_ORDER_CODE "0123456789abcdef0123456789abcdef"
#define SIM_MAKESHOP_TOKEN "PAT.demo"
#define SIM_MAKESHOP_API_KEY "mallsim-makeshop-api-key"

#define SIM_RAKUTEN_SERVICE_SECRET "SP_demo"
#define SIM_RAKUTEN_LICENSE_KEY "SL_demo"

#define SIM_QOO10_API_KEY "QA_demo_api_key"
#define SIM_QOO10_USER_ID "juchu-qoo10"
#define SIM_QOO10_PASSWORD "mallsim-password"
#define SIM_QOO10_CERTIFICATION_KEY "S5demo_g_1_certification_g_2_key"

#define SIM_AMAZON_CLIENT_ID "amzn1.application-oa2-client.mallsim"
#define SIM_AMAZON_CLIENT_SECRET "amzn1.oa2-cs.v1.mallsim"
#define SIM_AMAZON_REFRESH_TOKEN "Atzr|mallsim/refresh+token=1"
#define SIM_AMAZON_MARKETPLACE "A1VC38T7YXB528" // Amazon.co.jp

#define SIM_AUPAY_SHOP_ID "12345678"
#define SIM_AUPAY_API_KEY "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

#define SIM_YAHOO_SELLER_ID "juchu-demo"
#define SIM_YAHOO_CLIENT_ID "mallsim-client-id"
#define SIM_YAHOO_CLIENT_SECRET "mallsim-client-secret"
#define SIM_YAHOO_REDIRECT_URI "http://127.0.0.1:8080/oauth/yahoo"
#define SIM_YAHOO_REFRESH_TOKEN "mallsim-refresh-token-1"
#define SIM_YAHOO_PUBLIC_KEY_VERSION 1
#define SIM_YAHOO_PUBLIC_KEY                                             \
    "-----BEGIN PUBLIC KEY-----\n"                                       \
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEApU89PTuKZWw9c9eu1JkX\n" \
    "o5uhGfAAPu8XKAyyPgO1zhtOpY6QsRkRqrp4YrpQP/BaTmEOxeRlCxDfZikR6R7Q\n" \
    "Kg2UAjTETTx8GPNMbJtfvrLJmhc4j7FrVDnIBQHEj6xuM7NcE/LY9jQuzWEgsLRy\n" \
    "TDD7wl2uu8T5yKrZhijbXe2i6HY4WKOuv4MqSB1W0ZEwLRunhe4m52V9LlNq1YpF\n" \
    "3/Y1T158VgQ6ioHMx0RAmAwGyFEG855llqUtVbHQrLVa6TG03iHiYRbmfeEsH1xz\n" \
    "GJRj0Cr+A+UHX0HKIXDEn1SlyaW+BaYN+3pK4mox2Fdvw15jGefUu5E+7oVkl2aS\n" \
    "dQIDAQAB\n"                                                         \
    "-----END PUBLIC KEY-----\n"

// Simulator only: what it opens the signature header with.
#define SIM_YAHOO_PRIVATE_KEY                                            \
    "-----BEGIN PRIVATE KEY-----\n"                                      \
    "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQClTz09O4plbD1z\n" \
    "167UmRejm6EZ8AA+7xcoDLI+A7XOG06ljpCxGRGqunhiulA/8FpOYQ7F5GULEN9m\n" \
    "KRHpHtAqDZQCNMRNPHwY80xsm1++ssmaFziPsWtUOcgFAcSPrG4zs1wT8tj2NC7N\n" \
    "YSCwtHJMMPvCXa67xPnIqtmGKNtd7aLodjhYo66/gypIHVbRkTAtG6eF7ibnZX0u\n" \
    "U2rVikXf9jVPXnxWBDqKgczHRECYDAbIUQbznmWWpS1VsdCstVrpMbTeIeJhFuZ9\n" \
    "4SwfXHMYlGPQKv4D5QdfQcohcMSfVKXJpb4Fpg37ekriajHYV2/DXmMZ59S7kT7u\n" \
    "hWSXZpJ1AgMBAAECggEARZhZmNjjSBXMvWN1WE3nlNqldW0EPXqdDiBiPheDx/TZ\n" \
    "JHwj0FtUg8MjgbUcqf5/lnXoKUohfAorczAhOTreuoWi5VbfugCX4k0zxJmZMojE\n" \
    "tVnHVz+Dhx8YZXs8DJy0fJGrVz6rNuP7PD4C7EHbyNXqeAbG1Ih1/JRpJcE3sY/4\n" \
    "Bjm3KPyRzgMcIofxKKDVOOOCn98XQrS4oNKAQIDXzB6T3vOobJLjAugi47n3EDGF\n" \
    "RaB1Z8V/O8kbjDmmDhc4LvG2vmLpt95AR0l26owgG7hjxyM5FcOZ2iU0Y59S/1O4\n" \
    "8hj7dMRi/Y3kyHAOexgXGXtXsls6p/rddwoyyE8GlQKBgQDQTiSVrvQe0N1qqmo6\n" \
    "HeyE5qlTWHw2SWI3KdcVaESZJYIQu7D67WbdeLo67+UsjUniHQ4MLyQQjNZguelb\n" \
    "3kQMknJ8ZLEq0nvT2uXmFpC6oKt0/Vf3SdJG9EiUZIrYH/ebU7DCJbpxXqVn9Ve+\n" \
    "9zeBbyQovQ9xEgLZinvMhTR2YwKBgQDLKOScWzYxjmwN2s5wmdSyA41JfDsCuKRV\n" \
    "fSQAtLJBxHYqaHahL1rZw3y2qyImKUdixvNqxih8yygvJFTMbxYILvZRjYy8naV0\n" \
    "NmPBb9KW++/Ntp42LTiQizJg3Y0rmAJqk8dDnhUWohywUZO5rA5rvVtU5HMY1ud2\n" \
    "5mSGHNlfRwKBgGesnNTK8MFtnuX5z0kBn7g9vUS4I4o5V+KwtlX3QT0fx+5gHCOn\n" \
    "iKzt63Jt95gG8iDR6S3zQHXkQsZ9gUGyDBhdwxFaZDs1619z8TxlOr9IPE3L0b5I\n" \
    "RZn+9yi0Kc6LiocKTk0yzeqi+pwVJgjrrfqDwHFuN4NFPZncLOWL3qKVAoGAW6+7\n" \
    "5NjBT4IwP9x0+JpkRGaX+Acp9qNv/uj4O51RKZ9JmQAGMd5WSRsRiLsZMVHF1s1l\n" \
    "A9YkZZWmMAhcgNrNfan8HngcgO9AwX7ebGlUCDHxWszFADxOX+WCOfcjA/6ZcJH7\n" \
    "BwgsCkflXKmkWtJMu9D8jAaB7z7lvWJjEaepbncCgYBfZi+5IIvgnCbhFoA66Swt\n" \
    "x0xM0AbCF7D0Eo8XJYemY89QWV+3akZ9qkL8085op6kFVruqSsKLLpl/z2HNDbqa\n" \
    "bnhhyRBswkR69t8vyuXn+VM6ZZRWRpWLIeAm/gUJEwJzrMJ0D454u1sYQpYDpT+v\n" \
    "WFtXoKeTGjau5nx1j+MjCQ==\n"                                         \
    "-----END PRIVATE KEY-----\n"

#endif
