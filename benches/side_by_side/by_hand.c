/* What C programs do today, for the C rows of `make bench`: one request with libcurl, the answer read with cJSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

struct answer {
    char *data;
    size_t length;
};

static size_t keep(const char *data, size_t size, size_t count, void *context)
{
    struct answer *answer = context;
    size_t more = size * count;
    char *grown = realloc(answer->data, answer->length + more + 1);
    if (grown == NULL) {
        return 0;
    }
    memcpy(grown + answer->length, data, more);
    answer->data = grown;
    answer->length += more;
    grown[answer->length] = '\0';
    return more;
}

int main(void)
{
    const char *host = getenv("AZURE_POD_IDENTITY_AUTHORITY_HOST");
    char url[512];
    snprintf(url, sizeof url,
             "%s/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%%3A%%2F%%2Fmanagement.azure.com",
             host != NULL ? host : "http://169.254.169.254");
    struct answer answer = {NULL, 0};
    CURL *curl = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Metadata: true");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    CURLcode code = curl_easy_perform(curl);
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 200) {
        fprintf(stderr, "%s, status %ld\n", curl_easy_strerror(code), status);
        return 1;
    }
    cJSON *json = cJSON_ParseWithLength(answer.data, answer.length);
    const cJSON *token = cJSON_GetObjectItemCaseSensitive(json, "access_token");
    const cJSON *expires_on = cJSON_GetObjectItemCaseSensitive(json, "expires_on");
    if (!cJSON_IsString(token) || !cJSON_IsString(expires_on)) {
        return 1;
    }
    printf("%s\n", expires_on->valuestring);
    cJSON_Delete(json);
    free(answer.data);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return 0;
}
