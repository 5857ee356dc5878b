// OpenSSL 3, and functions in place of the macros and variadic functions that Swift cannot call.
#ifndef PORTCULLIS_COPENSSL_H
#define PORTCULLIS_COPENSSL_H

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <time.h>

static inline int tls_set_minimum_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_min_proto_version(context, version);
}
static inline void tls_set_options(SSL_CTX *context) {
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
}
static inline void tls_set_modes(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}
static inline int tls_set_maximum_version(SSL_CTX *context, int version) {
    return SSL_CTX_set_max_proto_version(context, version);
}
static inline int tls_set_groups(SSL_CTX *context, const char *list) { return SSL_CTX_set1_groups_list(context, list); }
static inline void tls_choose_by_name(SSL_CTX *context, int (*choose)(SSL *, int *, void *), void *argument) {
    SSL_CTX_set_tlsext_servername_callback(context, choose);
    SSL_CTX_set_tlsext_servername_arg(context, argument);
}
static inline int tls_set_server_name(SSL *connection, const char *name) {
    return (int)SSL_set_tlsext_host_name(connection, name);
}
static inline int tls_set_verified_name(SSL *connection, const char *name) {
    SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(connection, name);
}
static inline int tls_set_verified_address(SSL *connection, const char *address) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), address);
}
static inline int tls_add_chain_certificate(SSL_CTX *context, X509 *certificate) {
    return (int)SSL_CTX_add1_chain_cert(context, certificate);
}
static inline unsigned long tls_error_reason(unsigned long code) { return (unsigned long)ERR_GET_REASON(code); }
static inline int tls_error_is_system(unsigned long code) { return ERR_SYSTEM_ERROR(code); }

// Context and key ring belong together: the ring hangs in one of the context's extra places.
static inline int tls_new_context_place(void) { return SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL); }

// Parameters hold pointers to their names, which a temporary string would not outlive.
static inline int tls_start_ticket_mac(EVP_MAC_CTX *mac, const unsigned char *key, size_t length) {
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, (void *)key, length),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_end(),
    };
    return EVP_MAC_CTX_set_params(mac, parameters);
}

// A memory BIO's content; the pointer is valid until the BIO changes.
static inline const unsigned char *tls_memory(BIO *bio, long *length) {
    char *bytes = NULL;
    *length = BIO_get_mem_data(bio, &bytes);
    return (const unsigned char *)bytes;
}

static inline EVP_PKEY *tls_generate_p256(void) { return EVP_EC_gen("P-256"); }

static inline int tls_add_extension(X509 *certificate, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL) return 0;
    int added = X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    return added;
}

// Stacks are typed by macros.
static inline GENERAL_NAMES *tls_alternative_names(const X509 *certificate) {
    return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}
static inline int tls_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }
static inline void tls_free_names(GENERAL_NAMES *names) { GENERAL_NAMES_free(names); }

static inline STACK_OF(X509) *tls_new_certificates(void) { return sk_X509_new_null(); }
static inline void tls_free_certificates(STACK_OF(X509) *certificates) { sk_X509_pop_free(certificates, X509_free); }

// The stack has a reference of its own.
static inline int tls_push_certificate(STACK_OF(X509) *certificates, X509 *certificate) {
    if (X509_up_ref(certificate) != 1) return 0;
    if (sk_X509_push(certificates, certificate) > 0) return 1;
    X509_free(certificate);
    return 0;
}

// The certificates that a server showed, its own first; they belong to the connection.
static inline int tls_peer_count(SSL *connection) {
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(connection);
    return chain == NULL ? 0 : sk_X509_num(chain);
}
static inline X509 *tls_peer_certificate(SSL *connection, int index) {
    X509 *certificate = sk_X509_value(SSL_get_peer_cert_chain(connection), index);
    return certificate != NULL && X509_up_ref(certificate) == 1 ? certificate : NULL;
}

// A subject or an issuer as RFC 2253 writes it, in UTF-8.
static inline int tls_write_name(BIO *bio, X509_NAME *name) {
    return X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
}

// The bytes of the name at `index`; `kind` becomes GEN_DNS, GEN_IPADD, GEN_URI, GEN_EMAIL, or -1 for another kind.
static inline const unsigned char *tls_name_bytes(const GENERAL_NAMES *names, int index, int *kind, int *length) {
    const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, index);
    const ASN1_STRING *text = NULL;
    *kind = name->type;
    switch (name->type) {
        case GEN_DNS: text = name->d.dNSName; break;
        case GEN_URI: text = name->d.uniformResourceIdentifier; break;
        case GEN_EMAIL: text = name->d.rfc822Name; break;
        case GEN_IPADD: text = name->d.iPAddress; break;
        default: *kind = -1; *length = 0; return NULL;
    }
    *length = ASN1_STRING_length(text);
    return ASN1_STRING_get0_data(text);
}

// The names of the authorities that a server asks client certificates of.
static inline int tls_add_client_authority(SSL_CTX *context, X509 *authority) {
    return SSL_CTX_add_client_CA(context, authority);
}

// Seconds since 1970, or -1 where the time cannot be read.
static inline long long tls_seconds(const ASN1_TIME *time) {
    struct tm parts;
    if (time == NULL || ASN1_TIME_to_tm(time, &parts) != 1) return -1;
    return (long long)timegm(&parts);
}

#endif
