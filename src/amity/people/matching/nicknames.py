# ruff: noqa: E501
"""Short and foreign forms of given names in four languages, one family a line, in folded Latin letters.

Collected by hand from everyday use in English, Polish, Russian and German. A form may stand in several families
(Sasha is both Alexander and Alexandra); two names are kin where they share one.
"""

from __future__ import annotations

from functools import cache

_FAMILIES = """
alexander aleksander aleksandr alexandr alexandre alessandro alejandro alex aleks alec alek olek olo sasha sascha sasza sania sanya shura szura xander sandy sandro iskander
alexandra aleksandra alessandra alejandra alex aleks ola olenka sasha sascha sasza sania sanya shura sandra sandy lexi alexa sandrine
alexey aleksey alexei aleksei aleksiej alyosha alesha aliosza lyosha lesha
andrew andrey andrei andrzej andreas andre andres anders andy drew jedrek andrzejek andryusha andrusha andi
anthony antony antoni anton antonio antoine tony antek tosiek toni antosha tonya
antonina antonia antoinette tonya tosia toni
anna ann anne anya ania hanna hannah annie nancy nan anita annette anka andzia hania nyura anechka anuta aneta
agnes agnieszka agnessa aga agusia agniya ines
adam adas
adelaide adele adela addie ada
agatha agata agafya aggie
albert alberto al bert bertie berti
alfred alfredo alf fred freddie fredek
alan allan allen al
alice alicja alisa alicia ala alka ally ali lisa
amanda mandy manda
anastasia anastazja nastya nastia asya nastassja stacy natka
angela angelika angelina andzelika angie lina gela
arcadius arkadiusz arkady arkadiy arek
arthur artur arturo art artek
artem artyom artiom tyoma tema
barbara basia varvara varya barb babs barbra babette baska
bartholomew bartlomiej bartosz bartek bart barty bartosh
beatrice beata beatrix bea trixie
benjamin ben benny beniamin benek benji benno
bernard bernhard bernie bernd berni
boleslaw bolek
bogdan bohdan boguslaw bodek bogus
boris borys borya
bridget brigitte brygida birgit gitta biddy bridie
bronislaw bronek
caroline karolina carolyn carol carrie karoline caro lina karo
catherine katherine katarzyna ekaterina katharina kathryn catarina katerina kate katie kathy cathy katya kasia kaska kitty kat katja kathrin karin kati kasienka trina kay rina
cecilia cecylia cecile cilly celia
charles karol karl carl carlos charlie charly chuck chas karolek carlo kalle
charlotte lotte charlie lottie karlotta szarlota
christian krystian kristian chris krystek christo
christina christine krystyna kristina krista christa chris tina chrissy krysia christiane kristin kirsten
christopher krzysztof christoph christof kristof chris krzysiek krzys kit topher stoffel khristofor
clara klara claire
claudia klaudia claudine klaudyna
claus klaus nicolas nicholas nikolaus mikolaj nikolai nikolay nikolaj nick nicky nico niko klaas colin kolya mikolajek miki nils nicolaus
clement klemens klim
conrad konrad kondrat konny kurt radek
cornelia kornelia nelly conny connie
cyril kirill cyryl kirya
daniel danila daniil danil danny dan danek danielek danya
daria darya dasha darja darcia
david dawid dave davey davy dawidek
deborah debra deb debbie
denis dennis denys den dionizy denny
dmitry dmitri dmitriy dymitr dima mitya dimitri dimitrij
dominic dominik dom dominique domino
donald don donnie
dorothy dorota dorothea dorothee dot dottie dolly dora dosia thea dorotka
douglas doug
edmund ed eddie mundek edmond ned
edward eduard eduardo edek ed eddie ted teddy ned edi edik edzio
eleanor eleonora elinor nora ellie nell nelly lenora norah elnora leonora nela ella elle
elena helena helen yelena jelena lena lenka hela helene ella ellen lenochka alena alyona nell nelly halina ilona
elias eliasz ilya ilja eliyah elijah ilia
elizabeth elisabeth elzbieta elizaveta yelizaveta isabel isabella izabela liz lizzie beth betty betsy eliza ela elka elsa elise lisa lisbeth liza libby bess bessie elsie ilse lilibet iza izabella
emil emile emilian
emily emilia emilie emma em emmy milly emilka milka
eric erik eryk erich ricky rick
ernest ernst ernesto ernie ernestyn
eugene eugen evgeny evgeniy eugeniusz yevgeny evgeni zhenya jenia genek gene gienek
eugenia evgeniya yevgenia evgenia eugenie zhenya jenia gienia
eva ewa eve evi ewunia ewka evie
evelyn ewelina evelina evi eva
felix feliks felek
florence florentina flo florentyna flora
francis franciszek franz francisco francois frank franek frankie fran paco franciszka
frances franciszka franziska fran fanny francesca frannie franka franzi
frederick friedrich fryderyk frederic fred freddie fritz fredek federico friedel fiodor fridrikh freddy rick
gabriel gabryel gabe gavriil gabi gavrila
gabriela gabriella gabrielle gabi gaby gabrysia gabrielka
galina halina gala galya halinka hala
george georg jerzy georgy georgiy georgi yuri yuriy juri jurek jorge georges yura jura juergen jurgen jorg joerg egor yegor gosha zhora iurii
gerald gerard gerhard gerry jerry gerd gert gerardo
gertrude gertruda gertrud trude trudy gert gertie
gregory grigory grigori grigoriy grzegorz gregor greg grisha grzesiek grzes grigorij gregorio griszka
gustav gustaw gus gucio gustave
harold harald harry hal
henry henryk heinrich heinz harry hank enrico enrique henri heniek genrikh hendrik henrik heiner hal
henrietta henryka henriette etta harriet hattie jette hattie
herbert herb bert herbie
hubert hugh hubertus hugo bert
igor gosha ihor igorek
irene irina irena ira irka irene irenka irina
jacob jakub jakob yakov james jim jimmy jamie jake kuba jasha yasha jakov jaap diego jacques jimmie jas jem
jadwiga hedwig jadzia iga hedy
jaroslaw yaroslav jaroslav jarek slavik slava
janina joan joanna jane johanna yoanna janet jean jeanne jo asia joasia hanna hanne jana yana zhanna jenny joanne juana ioanna aska janka nina janie joana
jennifer jen jenny jenn
jeremy jeremiah jeremiasz jerry jeremi yeremey
jessica jess jessie
joachim jochen achim jo
john jan johann johannes ivan iwan juan jean giovanni hans jack johnny jon sean ian vanya wania jas janek joao jonathan jens evan hannes jonas jackie janusz johnnie
jonathan jon nathan johnny jonatan
joseph jozef josef jose joe joey iosif giuseppe sepp jupp jozek osip josip pepe jo
josephine jozefa josefine josephina jo josie fina jozia
joshua josh jozue
judith judyta judy judi jutta
julia juliana julie juliet julka yulia yuliya julja yulya jule julcia juliette uljana
julian julius juliusz jules yuliy yulian
justin justyn ustin
justina justyna justine
kenneth ken kenny
kazimierz casimir kazik kazimir kazek
larissa larisa lara
laura laurie lora laurel
lawrence laurence laurentius lorenz lorenzo larry wawrzyniec lavrenty lars laurent laurie
leo leon leonard leonid leonhard lew lev lenny leonardo leszek len lyonya lonya lonia
leslie les lesley
louis ludwig ludwik luis louie lou lewis luigi lutz ludvig aloysius alois alojzy lovis
louise luise luiza louisa lou ludwika lulu
lucas luke lukas lukasz luca luka lukaszek
lucy lucia lucja lucyna luzie lucie
ludmila lyudmila ludmilla lyuda luda mila milka
magdalene magdalena madeleine magda lena madeline maddie leni madelyn
marcel marceli marcello marcelo
margaret malgorzata margarete margarita margarethe gosia malgosia maggie meg peggy greta grete rita marge margie gretchen madge margot daisy gretel marjorie peg megan gretchen
maria mary marie marya miriam masha marysia mariya manya maja mia molly polly maryja moira may mitzi marika mariah mania marusya mamie maryna maryla ria
marina marine maryna
mark marc marcus markus marek marco marcin martin marko marcos
martha marta marthe mattie marfa
martin marcin martyn marty martinus marten martino
matilda mathilde matylda tilda tilly maud mattie
matthew matthias mateusz maciej matvey matvei matt mathias matteo mathieu mateo maciek matti mats matys hias
maurice moritz maurycy mavrikiy morris mo
maximilian maksymilian maxim maksim maksym max maks maxwell
mechthild mechtild mette
melissa missy lissa mel
michael mikhail michal michail michel miguel mike mick mickey misha micky michalek mischa mikey mikael misza michele mihail mitch
miroslaw miroslav mirek mirko slava
monica monika moni monique
natalia natalie natalya nataliya natasha natasza nat natalka natali tasha natalja
nadia nadezhda nadya nadzieja nadine nadja nadka
nikita nik
oleg olek olezhka
olga olya ola olenka helga olja
oliver olli ollie oliwier olivier
oscar oskar ossi
patricia patrycja patrizia pat patty tricia trish patsy pati
patrick patryk pat paddy patricius padraig rick
paul pawel pavel pablo paolo pasha paulek pawelek paulo pol
paula pauline paulina polina polly polya apollinaria
peter piotr petr pyotr pedro pierre pete petya piotrek pietro peer piet petro petar piotrus
philip phillip filip philipp phil pip felipe fil philippe philippus filipp
rachel rahel rachela rae
ralph ralf rolf rafe
raphael rafal rafael rafi rafalek
raymond raimund rajmund ray
rebecca rebekka becky becca rebeka
regina gina renia
richard ryszard rick dick rich ricky rysiek ricardo rickard richie riccardo rysio
robert roberto rob bob bobby robbie robin bert robek rupert ruprecht bobbie
roger rudiger ruediger rodger rog
roland rolando orlando rollo
roman romek roma romain
ronald ron ronnie reinhold reginald reg
rose rosa roza rosie rosalia rozalia rosemary rosalie rosamund
rosamund rosemary roz
rudolf rudolph rudi rudy rolf
samuel sam sammy samuil
samantha sam sammy
sarah sara sally sadie sal sarra
sebastian sebastien seb basti bastian sebek
sergey sergei sergiusz serge sergio serezha seryozha serhii sergiy sergej
sibyl sybilla sybil sibylle
simon szymon semyon semen simeon szymek sima syoma
sophia sofia sofiya zofia sophie sonia sonya zosia sofie sonja zoska sofya
stanislaw stanislav stanislaus stan staszek stas stash stasiek
stephen steven stefan stepan szczepan steve stephan stevie stefano esteban styopa stephane stefek etienne stevo
stephanie stefania steffi stefanie steph stefa stefka
susan susanne zuzanna susanna suzanne sue susie suzy zuza zuzia susi sanna susannah
svetlana swietlana sveta lana swiatoslawa
sylvester sylwester silvester sly sylwek
sylvia sylwia silvia silvie sylvie silke
tadeusz thaddeus thaddaeus tadek fadei tad faddei
tatiana tatyana tania tanya tanja tatjana tanechka
theodore theodor teodor fyodor fedor fiodor ted teddy theo fedya todor
theresa teresa therese terry tess teresia tessa resi terenia resa tracy
thomas tomasz tom tommy tomek foma tomas thom tommaso
timothy tim timmy timofey timofei tymoteusz timo tymek
ulrich udo uli ulli ulrik
ursula urszula ulla uschi urska ula
valentine walenty valentin valya val
valentina walentyna valya tina val
valery walery valeriy valerij valera
vadim wadim vadym wadik
vasily vasiliy wasyl wassily basil vasya bazyli vasyl vasil wasilij
vera wiera vira verka
veronica weronika veronika vera nika ronnie vroni
victor viktor wiktor vic vitya witek wiktorek
victoria viktoria wiktoria vicky vicki vika tori wika viktoriya vikki
vincent vinzenz wincenty vince vinny vicente vincenzo wicek
violet wioletta violetta wiola viola
vitaly vitaliy vitali witalij vitalik vitalis
vladimir wladimir wlodzimierz waldemar vova volodya vladimer wlodek waldek wolodia volodymyr waldi vladek vlad
vladislav wladyslaw vladyslav ladislaus vlad wladek slava ladislav vladik wladzio
vyacheslav viacheslav waclaw wenzel vaclav wacek slava wjatscheslaw wieslaw wiesiek
walter waldemar walt wally walther
wilhelmina wilhelmine minna mina willa minnie wilma helma billie
william wilhelm willi willy will bill billy wilek guillermo guillaume wim liam wilhelmus vilgelm vilhelm
wojciech adalbert wojtek wojtus albrecht
wolfgang wolf wolfi wolfram
yuri yuriy juri jurij yura jura jurek jerzy iurii
zbigniew zbyszek zbynek zbych
zdzislaw zdzich zdzisiek
zygmunt sigmund siegmund zygi sigismund sigi zyga
siegfried sigi zygfryd
jurgen juergen jorg joerg georg
guenther gunther gunter guenter gunnar
ignatius ignacy ignaz ignat nacio nacek
casper kaspar kacper caspar jasper
gottfried godfrey jeffrey geoffrey jeff geoff gotfryd friedel
terence terrence terry
nathaniel nathan nate natan
abraham abe abram avraham
augustus august augustin augustine gus gustl auguste augustyn awgust
archibald archie baldo
bertha berta bertie
mildred milly millie
abigail abby gail abbie
jacqueline jackie jacky zaklina
kimberly kim kimmy
pamela pam
penelope penny
sabrina bina
gillian jill juliana jillian
constance konstanze konstancja connie
constantine konstantin konstanty kostya kostek kostia
vsevolod seva
rostislav rostyslav rostik slava
zinaida zina
lydia lidia lida lidka lidija
xenia ksenia kseniya oksana ksenya
tamara toma tamarka
raisa raya
zoe zoya zoja
jolanta iolanta jola yolanda jolka yolanthe
iwona yvonne ivonne ivona
ewelina evelyn evelina ewa
grazyna grazia grazynka
danuta danka danusia dana
malwina malvina
przemyslaw przemek przemko
slawomir slawek slavomir
radoslaw radek radoslav
rafal rafael raphael
boguslaw bogus bogdan
dariusz darius dario darek
mariusz marius mario mariuszek
ireneusz irenaeus irek
zenon zenek
bozena bozenka
stanislawa stasia stanislava
marianna marianne maryann mary marysia marian
genowefa genevieve genoveva gena jenny
sigrid siri
brunhilde hilde hilda hildegard hildegarda
heidi adelheid adelaide heidemarie
dieter dietrich theodoric thierry diether
hartmut harti
karlheinz karl heinz
manfred manni fred
norbert norb bert
reinhard reinhardt renard
uwe uve
eckhard eckart eckehard
kathleen kathy kate katie
shirley shirl
vivian vivien viviane viv
wendy gwendolyn gwen
zachary zach zack zacharias
edith edyta edie
alma almina
kamil camille kamila camilla milla
ruslan rusik
timur tima
marat maratik
rustam rustem
gleb glebushka
zhanna jeanne jana
margarita rita margo
evdokia eudoxia dusya
praskovya paraskeva
"""


@cache
def families() -> dict[str, frozenset[int]]:
    """The families each form belongs to, by the form."""
    found: dict[str, set[int]] = {}
    for at, line in enumerate(_FAMILIES.strip().splitlines()):
        for form in line.split():
            found.setdefault(form, set()).add(at)
    return {form: frozenset(numbers) for form, numbers in found.items()}


def kin(left: str, right: str) -> bool:
    """Whether two folded given names are forms of one name."""
    known = families()
    return left == right or bool(known.get(left, frozenset()) & known.get(right, frozenset()))


@cache
def head(name: str) -> str:
    """One form to file a given name under: its first family's first form, or the name itself."""
    numbers = families().get(name)
    return name if not numbers else _heads()[min(numbers)]


def forms(family: int) -> list[str]:
    """All forms of the names in one family."""
    return _FAMILIES.strip().splitlines()[family].split()


@cache
def _heads() -> list[str]:
    return [line.split()[0] for line in _FAMILIES.strip().splitlines()]
