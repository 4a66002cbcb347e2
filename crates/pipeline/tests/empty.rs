//! Pages that hold no content: what they are instead, and pages that only look like one.

use dechaff::{Cleaner, Extras, config::Configuration};
use dechaff_document::EmptyReason::{self, ConsentWall, ErrorPage, JavascriptShell, LoginWall};

fn empty(body: &str) -> Option<EmptyReason> {
    let cleaner = Cleaner::new(&Configuration::defaults(), &Extras::default()).unwrap();
    let menu = "<nav><ul><li><a href=/a>News</a></li><li><a href=/b>Sea and harbour</a></li><li><a href=/c>Weather</a></li></ul></nav>";
    let footer = "<footer><p>© The Island Gazette</p><ul><li><a href=/i>Imprint</a></li><li><a href=/p>Privacy</a></li></ul></footer>";
    let html = format!(
        "<!DOCTYPE html><html><head><title>The Island Gazette</title></head><body><header>{menu}</header>{body}{footer}</body></html>"
    );
    cleaner.clean_html(&html, None).empty
}

const LISTED: &str = "<section><h2>Most read</h2><ul><li><a href=/1>The ferry runs again from Monday</a></li>\
    <li><a href=/2>Fishermen ask for a second pier at the mill</a></li><li><a href=/3>The bell of the school stays</a></li></ul></section>";

#[test]
fn walls_shells_and_errors_are_told() {
    for (body, why) in [
        (
            "<main><h1>404 - Page not found</h1><p>The page you requested could not be found. It may have been moved or deleted.</p><p>Try the search or go back to the front page.</p></main>",
            ErrorPage,
        ),
        (
            "<main><h1>Seite nicht gefunden</h1><p>Die von Ihnen gesuchte Seite gibt es nicht mehr. Vielleicht hilft Ihnen die Suche weiter, oder einer unserer beliebten Artikel.</p></main>",
            ErrorPage,
        ),
        (
            "<main><h1>Erreur 404</h1><p>La page que vous cherchez n'existe pas ou a été déplacée. Vous pouvez revenir à la page d'accueil.</p></main>",
            ErrorPage,
        ),
        (
            "<main><h1>Página no encontrada</h1><p>Lo sentimos, la página que busca no existe o ha cambiado de dirección.</p></main>",
            ErrorPage,
        ),
        (
            "<main><h1>Strona nie istnieje</h1><p>Nie udało się znaleźć tego, czego szukasz. Sprawdź adres albo skorzystaj z wyszukiwarki.</p></main>",
            ErrorPage,
        ),
        (
            "<main><h1>Страница не найдена</h1><p>Возможно, она была удалена или вы ошиблись в адресе. Вернитесь на главную.</p></main>",
            ErrorPage,
        ),
        ("<main><h1>お探しのページが見つかりません</h1><p>URLをご確認ください。</p></main>", ErrorPage),
        ("<main><h1>403 Forbidden</h1><p>You don't have permission to access this resource.</p></main>", ErrorPage),
        (
            "<main><h1>500 Internal Server Error</h1><p>The server encountered an unexpected condition. Please try again later.</p></main>",
            ErrorPage,
        ),
        (
            "<main><h1>Checking your browser before accessing the site</h1><p>This process is automatic. Your browser will redirect to your requested content shortly.</p></main>",
            ErrorPage,
        ),
        (
            "<main><h1>harbour-gazette.example is for sale</h1><p>Make an offer for this domain today.</p></main>",
            ErrorPage,
        ),
        ("<div id=root></div><noscript>You need to enable JavaScript to run this app.</noscript>", JavascriptShell),
        (
            "<main><h1>Members</h1><p>You must be logged in to view this page.</p><form><label>Name</label><input><label>Password</label><input type=password><button>Log in</button></form></main>",
            LoginWall,
        ),
        (
            "<div class=consent><h2>We value your privacy</h2><p>We and our 812 partners store and read information on your device, such as cookies, to show advertisements that fit you.</p><button>Accept all</button><button>Reject all</button></div>",
            ConsentWall,
        ),
        (
            "<div><h2>Wir benötigen Ihre Zustimmung</h2><p>Wir und unsere 120 Partner verarbeiten Daten von Ihrem Gerät, um Werbung zu zeigen, die zu Ihnen passt.</p><button>Alle akzeptieren</button></div>",
            ConsentWall,
        ),
    ] {
        assert_eq!(empty(body), Some(why), "{body}");
    }
    let listed = format!(
        "<main><h1>Page introuvable</h1><p>La page que vous cherchez n'existe pas, a été déplacée ou n'est plus disponible. Nous vous prions de nous excuser pour ce désagrément, et vous invitons à vérifier l'adresse que vous avez saisie dans votre navigateur.</p></main>{LISTED}"
    );
    assert_eq!(empty(&listed), Some(ErrorPage), "an apology at length, and what is most read");
}

#[test]
fn a_full_page_is_not_called_empty_for_what_else_it_carries() {
    let story = "<article><h1>The ferry runs again</h1><p>The ferry will run again from Monday, the harbour master said on the quay, and all tickets that were bought in the winter stay valid until the end of June, whatever is printed on their backs.</p><p>Repairs took nine weeks longer than planned because the shaft had to be cast anew in a foundry that makes bells for most of the year.</p></article>";
    for beside in [
        "<noscript>Please enable JavaScript to see all features of this site.</noscript>",
        "<aside><p>You must be logged in to post a comment.</p><form><input><button>Log in</button></form></aside>",
        "<div class=banner><p>We and our 812 partners store and read information on your device.</p><button>Accept all</button></div>",
        "<aside><h3>Error 404</h3><p>The widget could not be loaded.</p></aside>",
    ] {
        assert_eq!(empty(&format!("{story}{beside}")), None, "{beside}");
    }
    let about = story.replace("The ferry runs again", "Page not found: why the harbour lost its site");
    assert_eq!(empty(&about), None);
}
