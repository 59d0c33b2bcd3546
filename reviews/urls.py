from reviews import meeting_urls, reading_urls

app_name = "reviews"
urlpatterns = [*reading_urls.urlpatterns, *meeting_urls.urlpatterns]
